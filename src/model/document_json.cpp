// Boost.JSON is header-only here: this is the one file that compiles it.
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>

#include "model/document.hpp"
#include "model/document_builder.hpp"
#include "model/value.hpp"

namespace tagwerk::model {
namespace {

namespace json = boost::json;

/// Receives Boost.JSON's events. Returns false with `ec` set to stop.
class JsonEvents {
 public:
  static constexpr std::size_t max_object_size = DocumentBuilder::kMaxNodes;
  static constexpr std::size_t max_array_size = DocumentBuilder::kMaxNodes;
  static constexpr std::size_t max_key_size = DocumentBuilder::kMaxBytes;
  static constexpr std::size_t max_string_size = DocumentBuilder::kMaxBytes;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code& ec) {
    Node mapping = Node::mapping();
    mapping.entries.reserve(kUsualEntries);
    return go(builder.begin(std::move(mapping)), ec);
  }
  bool on_object_end(std::size_t, json::error_code& ec) { return go(builder.end(), ec); }
  bool on_array_begin(json::error_code& ec) { return go(builder.begin(Node::sequence()), ec); }
  bool on_array_end(std::size_t, json::error_code& ec) { return go(builder.end(), ec); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return append(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    append(part);
    builder.key(take(), 0, 0);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    return append(part);
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& ec) {
    append(part);
    return go(builder.add(Node::text_of(take())), ec);
  }
  bool on_number_part(json::string_view part, json::error_code&) { return append(part); }
  bool on_int64(std::int64_t, json::string_view part, json::error_code& ec) {
    return number(part, ec);
  }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code& ec) {
    return number(part, ec);
  }
  bool on_double(double, json::string_view part, json::error_code& ec) { return number(part, ec); }
  bool on_bool(bool value, json::error_code& ec) {
    return go(builder.add(Node::boolean(value)), ec);
  }
  bool on_null(json::error_code& ec) { return go(builder.add(Node{}), ec); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  DocumentBuilder builder;
  std::string fault;

 private:
  /// Of a tag's or a source's body. A mapping that grew one by one would move each entry twice.
  static constexpr std::size_t kUsualEntries = 6;

  bool append(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }
  std::string take() { return std::exchange(text_, {}); }
  bool number(json::string_view part, json::error_code& ec) {
    append(part);
    return go(builder.add(Node::scalar(take())), ec);
  }
  bool go(const Status& status, json::error_code& ec) {
    if (status) return true;
    fault = status.error().message;
    ec = json::error::exception;
    return false;
  }

  std::string text_;
};

}  // namespace

Result<Node> parse_json(std::string_view text, std::string_view source_name) {
  const auto failed = [&](std::string message, std::size_t offset) {
    return std::unexpected(Error{ErrorCode::invalid_argument, std::move(message),
                                 place_of(text, offset, source_name)});
  };
  if (text.size() > DocumentBuilder::kMaxBytes)
    return failed(fmt::format("{} bytes of JSON are more than the 64 MiB allowed", text.size()), 0);
  json::parse_options options;
  options.max_depth = DocumentBuilder::kMaxDepth;
  json::basic_parser<JsonEvents> parser(options);
  json::error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  JsonEvents& events = parser.handler();
  if (!events.fault.empty()) return failed(events.fault, used);
  if (ec) return failed(fmt::format("this is not JSON: {}", ec.message()), used);
  if (text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
    return failed("something follows the end of the JSON value; remove it", used);
  return events.builder.take();
}

void append_json(std::string& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      out += "null";
      return;
    case Node::Kind::scalar:
      if (node.is_text())
        append_json_string(out, node.text);
      else
        out += node.text;
      return;
    case Node::Kind::sequence:
      out += '[';
      for (const Node& item : node.items) {
        if (&item != node.items.data()) out += ',';
        append_json(out, item);
      }
      out += ']';
      return;
    case Node::Kind::mapping:
      out += '{';
      for (const auto& entry : node.entries) {
        if (&entry != node.entries.data()) out += ',';
        append_json_string(out, entry.first);
        out += ':';
        append_json(out, entry.second);
      }
      out += '}';
      return;
  }
}

std::string to_json(const Node& node) {
  std::string out;
  append_json(out, node);
  return out;
}

}  // namespace tagwerk::model
