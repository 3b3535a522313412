#include <cstdio>
#include <utility>

#include "app/command_line.hpp"
#include "app/table_commands.hpp"
#include "app/table_json.hpp"
#include "model/path.hpp"

/// `tagwerk table get` and `watch`
namespace tagwerk::app {
namespace {

Result<table::Reader> open_reader(const TableArguments& arguments) {
  if (!arguments.sysv_key.empty()) {
    const auto key = table::parse_sysv_key(arguments.sysv_key);
    if (!key) return std::unexpected(key.error());
    return table::Reader::open_sysv(*key);
  }
  const auto instance = choose_instance(arguments.instance);
  if (!instance) return std::unexpected(instance.error());
  return table::Reader::open(*instance);
}

/// Tags by path or pattern; every tag when nothing is named.
Result<std::vector<table::TagRecord>> choose_tags(const table::Reader& reader,
                                                  const std::vector<std::string>& names) {
  const auto all = reader.tags();
  if (names.empty()) return all;
  std::vector<table::TagRecord> out;
  for (const std::string& name : names) {
    auto pattern = model::PathPattern::parse(name);
    if (!pattern) return std::unexpected(pattern.error());
    const auto before = out.size();
    for (const table::TagRecord& tag : all)
      if (pattern->matches(tag.path)) out.push_back(tag);
    if (out.size() == before)
      return fail(ErrorCode::not_found, "there is no tag '{}' in the table", name);
  }
  return out;
}

void print_value(const table::TagRecord& tag, const table::TableValue& value) {
  std::printf("%-48s %-24s %-28s %s\n", tag.path.c_str(), value.value.to_json().c_str(),
              std::string(model::name(value.quality)).c_str(),
              base::to_rfc3339(value.source_time).c_str());
}

/// The members of GET /api/values, as far as the table has them.
void write_value(JsonWriter& json, const table::TagRecord& tag, const table::TableValue& value) {
  json.open_object()
      .member("path", tag.path)
      .member("value", value.value)
      .member("quality", value.quality.code)
      .member("status", model::name(value.quality))
      .member("time", value.source_time)
      .member("server_time", value.server_time)
      .close_object();
}

void print_change(const TableArguments& arguments, const table::TagRecord& tag,
                  const table::TableValue& value) {
  if (!arguments.json) return print_value(tag, value);
  std::string line;
  JsonWriter json(line);
  write_value(json, tag, value);
  std::printf("%s\n", line.c_str());
}

void print_all(const TableArguments& arguments, const table::Reader& reader,
               const std::vector<table::TagRecord>& tags) {
  if (!arguments.json) {
    for (const table::TagRecord& tag : tags)
      print_value(tag, reader.read(tag.slot));
    return;
  }
  std::string text;
  JsonWriter json(text);
  json.open_object().key("items").open_array();
  for (const table::TagRecord& tag : tags)
    write_value(json, tag, reader.read(tag.slot));
  json.close_array().close_object();
  std::printf("%s\n", text.c_str());
}

}  // namespace

int get_from_table(const TableArguments& arguments) {
  auto reader = open_reader(arguments);
  if (!reader) return report(reader.error());
  auto tags = choose_tags(*reader, arguments.paths);
  if (!tags) return report(tags.error());
  print_all(arguments, *reader, *tags);
  return kExitGood;
}

int watch_table(const TableArguments& arguments) {
  auto reader = open_reader(arguments);
  if (!reader) return report(reader.error());
  auto tags = choose_tags(*reader, arguments.paths);
  if (!tags) return report(tags.error());
  std::vector<std::uint64_t> shown(tags->size(), 0);
  std::uint64_t seen = 0;
  constexpr int kLookMilliseconds = 1000;
  while (reader->information().replaced == 0) {
    if (!reader->wait_changed(seen, kLookMilliseconds)) continue;
    for (std::size_t i = 0; i < tags->size(); ++i) {
      const table::TableValue value = reader->read((*tags)[i].slot);
      if (value.number == std::exchange(shown[i], value.number)) continue;
      print_change(arguments, (*tags)[i], value);
    }
    std::fflush(stdout);
  }
  return report({ErrorCode::unavailable, "the table was replaced by a new one; start again", {}});
}

}  // namespace tagwerk::app
