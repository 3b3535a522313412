#include "store/backup_manifest.hpp"

#include <algorithm>
#include <numeric>
#include <ranges>

#include "model/document.hpp"

namespace tagwerk::store {
namespace {

using model::Node;

template <class... Args>
std::unexpected<Error> wrong(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::corrupt, "its manifest {}",
              fmt::format(format, std::forward<Args>(args)...));
}

/// Neither a terminal nor a file system takes offence.
bool is_plain(std::string_view text) {
  constexpr std::string_view kMarks = "-._+~ ";
  return text.size() <= 255 && std::ranges::all_of(text, [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  kMarks.find(c) != std::string_view::npos;
         });
}

Result<std::string> text_in(const Node& object, std::string_view key) {
  const Node* node = object.find(key);
  if (node == nullptr || !node->is_text()) return wrong("has no text '{}'", key);
  if (!is_plain(node->text)) return wrong("has a '{}' with characters it cannot have", key);
  return node->text;
}

Result<std::int64_t> number_in(const Node& object, std::string_view key) {
  const Node* node = object.find(key);
  const auto number = node == nullptr ? std::nullopt : node->as_integer();
  if (!number || *number < 0) return wrong("has no number '{}'", key);
  return *number;
}

Result<BackupManifest::File> file_in(const Node& node) {
  const Node* name = node.find("name");
  if (name == nullptr || !name->is_text()) return wrong("has a file without a name");
  const auto known = std::ranges::find(kBackupMembers, name->text, &BackupMember::name);
  if (known == std::end(kBackupMembers)) return wrong("names a file that no backup has");
  const auto size = number_in(node, "size");
  if (!size) return std::unexpected(size.error());
  if (static_cast<std::uint64_t>(*size) > known->limit)
    return wrong("says that '{}' has {} bytes; {} are allowed", known->name, *size, known->limit);
  auto sum = text_in(node, "sha256");
  if (!sum) return std::unexpected(sum.error());
  if (sum->size() != 64 || sum->find_first_not_of("0123456789abcdef") != std::string::npos)
    return wrong("has no SHA-256 of '{}'", known->name);
  return BackupManifest::File{name->text, static_cast<std::uint64_t>(*size), std::move(*sum)};
}

/// The known ones, each at most once, in their order.
Status check_order(const std::vector<BackupManifest::File>& files) {
  auto next = files.begin();
  for (const BackupMember& member : kBackupMembers) {
    if (next != files.end() && next->name == member.name)
      ++next;
    else if (member.required)
      return wrong("does not begin with '{}'", member.name);
  }
  if (next == files.end()) return {};
  return wrong("lists '{}' where it cannot be", next->name);
}

Status read_files(const Node& root, BackupManifest& out) {
  const Node* list = root.find("files");
  if (list == nullptr || !list->is_sequence()) return wrong("has no list 'files'");
  for (const Node& each : list->items) {
    auto file = file_in(each);
    if (!file) return std::unexpected(file.error());
    out.files.push_back(std::move(*file));
  }
  return check_order(out.files);
}

Status read_texts(const Node& root, BackupManifest& out) {
  for (const auto& [key, text] :
       {std::pair{"tagwerk", &out.version}, std::pair{"instance", &out.instance},
        std::pair{"host", &out.host}}) {
    auto read = text_in(root, key);
    if (!read) return std::unexpected(read.error());
    *text = std::move(*read);
  }
  if (out.instance.empty() || out.instance.starts_with('.')) return wrong("names no instance");
  return {};
}

Status read_numbers(const Node& root, BackupManifest& out) {
  const auto schema = number_in(root, "schema");
  if (!schema) return std::unexpected(schema.error());
  if (*schema > std::numeric_limits<int>::max()) return wrong("has an impossible schema");
  const auto revision = number_in(root, "revision");
  if (!revision) return std::unexpected(revision.error());
  const Node* time = root.find("made_at");
  const auto made_at = base::parse_rfc3339(time != nullptr ? time->text : "");
  if (!made_at) return wrong("has no time 'made_at'");
  out.schema = static_cast<int>(*schema);
  out.revision = static_cast<std::uint64_t>(*revision);
  out.made_at = std::chrono::floor<std::chrono::microseconds>(*made_at);
  return {};
}

Status check_format(const Node& root) {
  const auto format = number_in(root, "format");
  if (!format) return std::unexpected(format.error());
  if (*format == BackupManifest::kFormat) return {};
  if (*format == 0) return wrong("has no format");
  return fail(ErrorCode::conflict,
              "it was made by a newer Tagwerk (format {}, this one reads {}); use that version",
              *format, BackupManifest::kFormat);
}

}  // namespace

std::uint64_t BackupManifest::total() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const File& file) { return sum + file.size; });
}

std::string BackupManifest::file_name() const {
  std::string time = base::to_rfc3339(made_at).substr(0, 19);  // 2026-11-21T01:30:00
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  std::ranges::replace(time, 'T', '-');
  return fmt::format("tagwerk-{}-{}.tar.zst", instance, time);
}

std::string to_json(const BackupManifest& manifest) {
  Node root = Node::mapping();
  const auto number = [](std::uint64_t value) {
    return Node::integer(static_cast<std::int64_t>(value));
  };
  root.set("format", Node::integer(BackupManifest::kFormat));
  root.set("tagwerk", Node::text_of(manifest.version));
  root.set("schema", Node::integer(manifest.schema));
  root.set("made_at", Node::text_of(base::to_rfc3339(manifest.made_at)));
  root.set("instance", Node::text_of(manifest.instance));
  root.set("host", Node::text_of(manifest.host));
  root.set("revision", number(manifest.revision));
  Node files = Node::sequence();
  for (const BackupManifest::File& file : manifest.files) {
    Node& node = files.items.emplace_back(Node::mapping());
    node.set("name", Node::text_of(file.name));
    node.set("size", number(file.size));
    node.set("sha256", Node::text_of(file.sha256));
  }
  root.set("files", std::move(files));
  return model::to_json(root) + "\n";
}

Result<BackupManifest> parse_manifest(std::string_view text) {
  if (text.size() > kLongestManifest) return wrong("has more than {} bytes", kLongestManifest);
  const auto root = model::parse_json(text, "manifest.json");
  if (!root || !root->is_mapping()) return wrong("is not JSON");
  if (auto known = check_format(*root); !known) return std::unexpected(known.error());
  BackupManifest out;
  for (const auto read : {read_texts, read_numbers, read_files})
    if (auto done = read(*root, out); !done) return std::unexpected(done.error());
  return out;
}

}  // namespace tagwerk::store
