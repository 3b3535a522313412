#include "protocol/modbus/text.hpp"

#include <algorithm>

namespace tagwerk::protocol::modbus {
namespace {

bool swaps_bytes(Order order) {
  return (static_cast<unsigned>(order) & 1U) != 0;
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

std::string_view name_of(Encoding encoding) {
  return encoding == Encoding::ascii ? "ASCII" : encoding == Encoding::latin1 ? "Latin-1" : "UTF-8";
}

std::string utf8_of_latin1(std::string_view bytes) {
  std::string out;
  for (const char each : bytes) {
    const auto code = static_cast<unsigned char>(each);
    if (code < 0x80) {
      out.push_back(each);
    } else {
      out.push_back(static_cast<char>(0xc0 | (code >> 6)));
      out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
    }
  }
  return out;
}

std::unexpected<Error> no_character(Encoding encoding, std::string_view text, std::size_t at) {
  return fail(ErrorCode::invalid_argument, "{} has a character that is not {} after '{}'",
              Value::string(text).to_json(), name_of(encoding), text.substr(0, at));
}

/// The bytes of a UTF-8 text in the encoding of a device.
Result<std::string> bytes_of(Encoding encoding, std::string_view text) {
  if (encoding == Encoding::utf8) return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_ascii(text[at])) {
      out.push_back(text[at]);
      continue;
    }
    // Latin-1 ends where the two bytes C3 BF do.
    const auto first = static_cast<unsigned char>(text[at]);
    if (encoding == Encoding::ascii || first > 0xc3 || at + 1 == text.size())
      return no_character(encoding, text, at);
    const auto second = static_cast<unsigned char>(text[++at]);
    out.push_back(static_cast<char>(((first & 0x03) << 6) | (second & 0x3f)));
  }
  return out;
}

std::string_view without_padding(std::string_view bytes, Padding padding) {
  bytes = bytes.substr(0, bytes.find('\0'));
  if (padding == Padding::blank) bytes = bytes.substr(0, bytes.find_last_not_of(' ') + 1);
  return bytes;
}

}  // namespace

Reading decode_text(const Layout& layout, std::span<const std::uint16_t> raw) {
  std::string all;
  for (const std::uint16_t word : raw) {
    const auto high = static_cast<char>(word >> 8);
    const auto low = static_cast<char>(word & 0xff);
    all.push_back(swaps_bytes(layout.order) ? low : high);
    all.push_back(swaps_bytes(layout.order) ? high : low);
  }
  const std::string_view bytes = without_padding(all, layout.padding);
  if (layout.encoding == Encoding::latin1)
    return {Value::string(utf8_of_latin1(bytes)), model::kGood};
  const bool readable = layout.encoding == Encoding::ascii
                            ? std::ranges::all_of(bytes, is_ascii)
                            : model::find_bad_utf8(bytes) == std::string_view::npos;
  if (!readable) return {Value(), kBadDecodingError};
  return {Value::string(bytes), model::kGood};
}

Result<std::vector<std::uint16_t>> encode_text(const Layout& layout, std::string_view text) {
  auto bytes = bytes_of(layout.encoding, text);
  if (!bytes) return std::unexpected(bytes.error());
  const std::size_t room = std::size_t{layout.count} * 2;
  if (bytes->size() > room)
    return fail(ErrorCode::invalid_argument, "the text has {} bytes, {} registers hold {}",
                bytes->size(), layout.count, room);
  if (bytes->find('\0') != std::string::npos)
    return fail(ErrorCode::invalid_argument, "the text has a NUL inside, where it would end");
  bytes->resize(room, layout.padding == Padding::blank ? ' ' : '\0');
  std::vector<std::uint16_t> raw(layout.count);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto first = static_cast<unsigned char>((*bytes)[2 * i]);
    const auto second = static_cast<unsigned char>((*bytes)[2 * i + 1]);
    raw[i] = static_cast<std::uint16_t>(swaps_bytes(layout.order) ? second << 8 | first
                                                                  : first << 8 | second);
  }
  return raw;
}

}  // namespace tagwerk::protocol::modbus
