#include "app/settings_keys.hpp"

#include <array>
#include <charconv>

#include "app/table_settings.hpp"

namespace tagwerk::app {
namespace {

using namespace std::chrono_literals;
using Value = SettingsValue;
using Settings = ServerSettings;

Result<std::string> one_value(const Value& value) {
  if (value.node.is_scalar()) return value.node.text;
  return fail(ErrorCode::invalid_argument, "'{}' takes one value", value.key);
}

Status read_text(const Value& value, std::string& out) {
  auto text = one_value(value);
  if (!text) return std::unexpected(text.error());
  out = std::move(*text);
  return {};
}

Status read_list(const Value& value, std::vector<std::string>& out) {
  const auto bad = [&] {
    return fail(ErrorCode::invalid_argument, "'{}' takes a list, like [a, b]", value.key);
  };
  if (!value.node.is_sequence()) return bad();
  for (const model::Node& item : value.node.items) {
    if (!item.is_scalar()) return bad();
    out.push_back(item.text);
  }
  return {};
}

Status read_flag(const Value& value, bool& out) {
  const auto flag = value.node.is_scalar() ? value.node.as_bool() : std::nullopt;
  if (!flag) return fail(ErrorCode::invalid_argument, "'{}' takes true or false", value.key);
  out = *flag;
  return {};
}

template <class Number>
Status read_number(const Value& value, Number& out, std::int64_t least, std::int64_t most) {
  const auto number = value.node.is_scalar() ? value.node.as_integer() : std::nullopt;
  if (!number || *number < least || *number > most)
    return fail(ErrorCode::invalid_argument, "'{}' takes a number from {} to {}", value.key, least,
                most);
  out = static_cast<Number>(*number);
  return {};
}

Status read_duration(const Value& value, Duration& out, Duration least, Duration most) {
  const auto text = one_value(value);
  if (!text) return std::unexpected(text.error());
  const auto duration = base::parse_duration(*text);
  if (!duration || *duration < least || *duration > most)
    return fail(ErrorCode::invalid_argument, "'{}' takes a time from {} to {}, not '{}'", value.key,
                base::to_string(least), base::to_string(most), *text);
  out = *duration;
  return {};
}

/// A timeout of the HTTP server.
Status read_timeout(const Value& value, Duration& out) {
  return read_duration(value, out, 100ms, 1h);
}

/// "02:30"
Status read_time_of_day(const Value& value, std::chrono::minutes& out) {
  const auto text = one_value(value);
  if (!text) return std::unexpected(text.error());
  const auto digit = [&](std::size_t at, char most) {
    return (*text)[at] >= '0' && (*text)[at] <= most ? (*text)[at] - '0' : -1;
  };
  const bool formed = text->size() == 5 && (*text)[2] == ':' && digit(0, '2') >= 0 &&
                      digit(1, '9') >= 0 && digit(3, '5') >= 0 && digit(4, '9') >= 0;
  const int hour = formed ? digit(0, '2') * 10 + digit(1, '9') : 24;
  if (hour > 23)
    return fail(ErrorCode::invalid_argument,
                "'{}' takes a time of the day from 00:00 to 23:59, not '{}'", value.key, *text);
  out = std::chrono::hours(hour) + std::chrono::minutes(digit(3, '5') * 10 + digit(4, '9'));
  return {};
}

/// One of two words.
template <class Choice>
Status read_choice(const Value& value, Choice& out, std::string_view first, Choice if_first,
                   std::string_view second, Choice if_second) {
  const auto text = one_value(value);
  if (!text) return std::unexpected(text.error());
  if (*text != first && *text != second)
    return fail(ErrorCode::invalid_argument, "'{}' takes {} or {}, not '{}'", value.key, first,
                second, *text);
  out = *text == first ? if_first : if_second;
  return {};
}

Status read_address(const Value& value, Settings& settings) {
  const auto text = one_value(value);
  if (!text) return std::unexpected(text.error());
  auto address = parse_listen_address(*text);
  if (!address) return std::unexpected(address.error());
  settings.http = std::move(*address);
  return {};
}

Status read_min_version(const Value& value, Settings& settings) {
  return read_choice(value, settings.tls.min_version, "1.2", net::TlsVersion::v1_2, "1.3",
                     net::TlsVersion::v1_3);
}

Status read_forwarded_header(const Value& value, Settings& settings) {
  return read_choice(value, settings.forwarded_header, "X-Forwarded-For",
                     net::ForwardedHeader::x_forwarded_for, "Forwarded",
                     net::ForwardedHeader::forwarded);
}

constexpr std::array kKeys{
    SettingsKey{"http", "address and port to listen on",
                [](const Value& v, Settings& s) { return read_address(v, s); }},
    SettingsKey{"data", "directory for everything the server keeps",
                [](const Value& v, Settings& s) { return read_text(v, s.data); }},
    SettingsKey{"instance", "name of the shared memory",
                [](const Value& v, Settings& s) { return read_text(v, s.instance); }},
    SettingsKey{"projects", "project files, applied at the start when their content changed",
                [](const Value& v, Settings& s) { return read_list(v, s.projects); }},
    SettingsKey{"io_threads", "threads for HTTP and connectors",
                [](const Value& v, Settings& s) { return read_number(v, s.io_threads, 1, 64); }},
    SettingsKey{"lan", "listen on all addresses with a certificate of its own making",
                [](const Value& v, Settings& s) { return read_flag(v, s.lan); }},
    SettingsKey{"insecure", "allow plain HTTP on addresses that others can reach",
                [](const Value& v, Settings& s) { return read_flag(v, s.insecure); }},
    SettingsKey{"tls.certificate", "PEM file with the certificate, those that signed it after",
                [](const Value& v, Settings& s) { return read_text(v, s.tls.certificate); }},
    SettingsKey{"tls.key", "PEM file with its private key",
                [](const Value& v, Settings& s) { return read_text(v, s.tls.key); }},
    SettingsKey{"tls.min_version", "oldest TLS that is spoken, 1.2 or 1.3",
                [](const Value& v, Settings& s) { return read_min_version(v, s); }},
    SettingsKey{"hsts", "how long browsers shall use HTTPS only",
                [](const Value& v, Settings& s) { return read_duration(v, s.hsts, 0s, 17520h); }},
    SettingsKey{"base_path", "path below which a proxy serves everything",
                [](const Value& v, Settings& s) { return read_text(v, s.base_path); }},
    SettingsKey{"trusted_proxies", "proxies whose word about their clients counts",
                [](const Value& v, Settings& s) { return read_list(v, s.trusted_proxies); }},
    SettingsKey{"forwarded_header", "the header in which they say it",
                [](const Value& v, Settings& s) { return read_forwarded_header(v, s); }},
    SettingsKey{"cors_origins", "servers whose pages may use the API from a browser",
                [](const Value& v, Settings& s) { return read_list(v, s.cors_origins); }},
    SettingsKey{"backup.enabled", "make a backup every night",
                [](const Value& v, Settings& s) { return read_flag(v, s.backup.enabled); }},
    SettingsKey{"backup.time", "time of the day at which it is made",
                [](const Value& v, Settings& s) { return read_time_of_day(v, s.backup.time); }},
    SettingsKey{"backup.keep", "how many of them are kept",
                [](const Value& v, Settings& s) { return read_number(v, s.backup.keep, 1, 3650); }},
    SettingsKey{"backup.directory", "where they are kept, when not in the data directory",
                [](const Value& v, Settings& s) { return read_text(v, s.backup.directory); }},
    SettingsKey{"table.sysv_key", "key of a System V copy of the table, for shmget",
                [](const Value& v, Settings& s) {
                  return read_table_setting("sysv_key", v.node, s.table);
                }},
    SettingsKey{
        "table.mode", "who may read the table: 0600, 0640 or 0644",
        [](const Value& v, Settings& s) { return read_table_setting("mode", v.node, s.table); }},
    SettingsKey{
        "table.group", "group of the table, by name or number",
        [](const Value& v, Settings& s) { return read_table_setting("group", v.node, s.table); }},
    SettingsKey{
        "table.slots", "tags the table can hold before it grows",
        [](const Value& v, Settings& s) { return read_table_setting("slots", v.node, s.table); }},
    SettingsKey{"limits.connections", "open connections altogether",
                [](const Value& v, Settings& s) {
                  return read_number(v, s.limits.connections, 10, 1'000'000);
                }},
    SettingsKey{"limits.connections_per_client", "open connections from one address",
                [](const Value& v, Settings& s) {
                  return read_number(v, s.limits.connections_per_client, 1, 1'000'000);
                }},
    SettingsKey{"limits.header_bytes", "all header lines of a request",
                [](const Value& v, Settings& s) {
                  return read_number(v, s.limits.header_bytes, 1024, 60 * 1024);
                }},
    SettingsKey{"limits.url_bytes", "the URL of a request",
                [](const Value& v, Settings& s) {
                  return read_number(v, s.limits.target_bytes, 256, 32 * 1024);
                }},
    SettingsKey{
        "limits.handshake_timeout", "time for a TLS handshake",
        [](const Value& v, Settings& s) { return read_timeout(v, s.limits.handshake_timeout); }},
    SettingsKey{
        "limits.header_timeout", "time for the header of a request",
        [](const Value& v, Settings& s) { return read_timeout(v, s.limits.header_timeout); }},
    SettingsKey{"limits.body_timeout", "time for each 64 KiB of a request's body",
                [](const Value& v, Settings& s) { return read_timeout(v, s.limits.body_timeout); }},
    SettingsKey{"limits.idle_timeout", "time between two requests of a connection",
                [](const Value& v, Settings& s) { return read_timeout(v, s.limits.idle_timeout); }},
    SettingsKey{
        "limits.write_timeout", "time in which a client must take something",
        [](const Value& v, Settings& s) { return read_timeout(v, s.limits.write_timeout); }}};

}  // namespace

std::span<const SettingsKey> settings_keys() {
  return kKeys;
}

}  // namespace tagwerk::app
