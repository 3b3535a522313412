#include <istream>
#include <streambuf>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.hpp"
#include "model/document.hpp"
#include "model/document_builder.hpp"
#include "model/value.hpp"

namespace tagwerk::model {
namespace {

using YAML::Mark;

/// Receives yaml-cpp's events. Faults leave as ParserException: the library's own way out.
class YamlEvents final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const Mark& mark) override {
    if (documents_++ > 0) stop(mark, "a second document ('---') begins here; use one per file");
  }
  void OnDocumentEnd() override {}
  void OnNull(const Mark& mark, YAML::anchor_t) override {
    if (builder_.expects_key()) stop(mark, "a key is missing or null here; put it in quotes");
    check(builder_.add(at(Node{}, mark)), mark);
  }
  void OnAlias(const Mark& mark, YAML::anchor_t) override {
    stop(mark, "aliases (*name) are not accepted; use a type with parameters instead");
  }
  void OnScalar(const Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    refuse_tag(mark, tag);
    if (builder_.expects_key())
      builder_.key(value, mark.line + 1, mark.column + 1);
    else
      check(builder_.add(at(Node::scalar(value, tag == "!"), mark)), mark);
  }
  void OnSequenceStart(const Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    begin(Node::sequence(), mark, tag);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    begin(Node::mapping(), mark, tag);
  }
  void OnMapEnd() override { end(); }

  Node take() { return builder_.take(); }

 private:
  static Node at(Node node, const Mark& mark) {
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }
  [[noreturn]] static void stop(const Mark& mark, const std::string& why) {
    throw YAML::ParserException(mark, why);
  }
  static void check(const Status& status, const Mark& mark) {
    if (!status) stop(mark, status.error().message);
  }
  static void refuse_tag(const Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      stop(mark, "tags (!name) are not accepted; remove it");
  }
  void begin(Node container, const Mark& mark, const std::string& tag) {
    refuse_tag(mark, tag);
    if (builder_.expects_key()) stop(mark, "a key must be a simple text");
    check(builder_.begin(at(std::move(container), mark)), mark);
  }
  void end() {
    const Status status = builder_.end();
    if (status) return;
    Mark mark;
    if (const Node* twice = builder_.duplicate()) {
      mark.line = twice->line - 1;
      mark.column = twice->column - 1;
    }
    stop(mark, status.error().message);
  }

  DocumentBuilder builder_;
  int documents_ = 0;
};

/// A stream over text that stays where it is.
class TextBuffer final : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

std::unexpected<Error> failed(std::string message, const Mark& mark, std::string_view file) {
  base::SourceLocation where{.file = std::string(file)};
  if (!mark.is_null()) {
    where.line = mark.line + 1;
    where.column = mark.column + 1;
  }
  return std::unexpected(Error{ErrorCode::invalid_argument, std::move(message), std::move(where)});
}

/// Words and forms that some YAML reader takes for a bool, null or number.
bool looks_special(std::string_view text) {
  static constexpr std::string_view kWords[] = {"null", "true", "false", "yes", "no",
                                                "on",   "off",  "y",     "n"};
  const std::string lower = base::lower(text);
  for (const auto word : kWords)
    if (lower == word) return true;
  const bool number_start =
      (lower[0] >= '0' && lower[0] <= '9') || lower[0] == '.' || lower[0] == '+' || lower[0] == '-';
  return number_start && lower.find_first_not_of("0123456789abcdef_.xo+-") == std::string::npos;
}

bool plain_is_safe(std::string_view text) {
  if (text.empty() || text.size() > 200 || text.front() == ' ' || text.back() == ' ') return false;
  for (const char c : text) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && std::string_view("_-./+ ()").find(c) == std::string_view::npos) return false;
  }
  return text.front() != '-' && !looks_special(text);
}

void append_text(std::string& out, std::string_view text) {
  if (plain_is_safe(text))
    out += text;
  else
    append_json_string(out, text);
}

void append_key(std::string& out, const std::string& key) {
  // A number as a key is a text in every mapping of ours: it may stand without quotes.
  if (Node::scalar(key).as_integer())
    out += key;
  else
    append_text(out, key);
}

void append_scalar(std::string& out, const Node& node) {
  if (node.is_null())
    out += "null";
  else if (node.is_text())
    append_text(out, node.text);
  else
    out += node.text;
}

constexpr std::size_t kColumns = 100;

/// On one line; false when it grows past `limit`, with an unfinished text in `out`.
bool append_flow(std::string& out, const Node& node, std::size_t limit) {
  if (out.size() > limit) return false;
  if (node.is_scalar() || node.is_null()) {
    append_scalar(out, node);
    return out.size() <= limit;
  }
  out += node.is_mapping() ? '{' : '[';
  bool first = true;
  const auto separate = [&] {
    if (!std::exchange(first, false)) out += ", ";
  };
  for (const auto& [key, value] : node.entries) {
    separate();
    append_key(out, key);
    out += ": ";
    if (!append_flow(out, value, limit)) return false;
  }
  for (const Node& item : node.items) {
    separate();
    if (!append_flow(out, item, limit)) return false;
  }
  out += node.is_mapping() ? '}' : ']';
  return out.size() <= limit;
}

class YamlWriter {
 public:
  explicit YamlWriter(std::string& out) : out_(out) {}

  /// The content of a mapping or sequence, each entry on its own line.
  void block(const Node& node, std::size_t indent) {
    for (const auto& [key, value] : node.entries) {
      out_.append(indent, ' ');
      append_key(out_, key);
      out_ += ':';
      value_after(value, indent);
    }
    for (const Node& item : node.items) {
      out_.append(indent, ' ');
      out_ += '-';
      value_after(item, indent);
    }
  }

 private:
  void value_after(const Node& value, std::size_t indent) {
    const std::size_t line_start = out_.rfind('\n') == std::string::npos ? 0 : out_.rfind('\n') + 1;
    const bool empty = value.items.empty() && value.entries.empty();
    const std::size_t before = out_.size();
    out_ += ' ';
    const std::size_t limit = empty ? std::string::npos : line_start + kColumns;
    // Sections stay in block form however short they are.
    const bool flow_allowed = empty || indent > 0;
    if (flow_allowed && append_flow(out_, value, limit)) {
      out_ += '\n';
      return;
    }
    out_.resize(before);
    out_ += '\n';
    block(value, indent + 2);
  }

  std::string& out_;
};

}  // namespace

Result<Node> parse_yaml(std::string_view text, std::string_view file_name) {
  if (text.size() > DocumentBuilder::kMaxBytes)
    return failed(
        fmt::format("the file has {} bytes, more than the 64 MiB allowed; split it", text.size()),
        Mark::null_mark(), file_name);
  if (const auto bad = find_bad_utf8(text); bad != std::string_view::npos)
    return std::unexpected(Error{ErrorCode::invalid_argument,
                                 "the file is not UTF-8 here; save it with that encoding",
                                 place_of(text, bad, file_name)});
  try {
    TextBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    YamlEvents events;
    while (parser.HandleNextDocument(events)) {
    }
    return events.take();
  } catch (const YAML::Exception& e) {
    return failed(e.msg, e.mark, file_name);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::limit_exceeded, "not enough memory to read '{}'", file_name);
  }
}

std::string to_yaml(const Node& node) {
  std::string out;
  if (node.entries.empty() && node.items.empty()) {
    append_flow(out, node, std::string::npos);
    out += '\n';
    return out;
  }
  YamlWriter(out).block(node, 0);
  return out;
}

}  // namespace tagwerk::model
