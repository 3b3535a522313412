#pragma once

#include <string>
#include <vector>

#include "model/document.hpp"

namespace tagwerk::model {

/// Line and column of an offset in a text.
base::SourceLocation place_of(std::string_view text, std::size_t offset, std::string_view file);

/// Builds a Node from the events of a parser and keeps the limits of documents.
/// Internal to the readers of YAML and JSON.
class DocumentBuilder {
 public:
  static constexpr std::size_t kMaxBytes = 64u << 20;
  static constexpr std::size_t kMaxNodes = 5'000'000;
  static constexpr std::size_t kMaxDepth = 64;

  /// The next add or begin is the value of this key.
  void key(std::string name, int line, int column);
  /// In a mapping and no key given yet.
  bool expects_key() const;
  /// Fails: invalid_argument at too many nodes
  Status add(Node node);
  /// A mapping or sequence whose content follows until end().
  /// Fails: invalid_argument at too many nodes or too deep nesting
  Status begin(Node container);
  /// Fails: invalid_argument when the mapping has a key twice; duplicate() has its place then
  Status end();

  bool inside() const { return !open_.empty(); }
  /// The entry that repeats a key, after end() has failed.
  const Node* duplicate() const { return duplicate_; }
  Node take() { return std::move(root_); }

 private:
  struct Open {
    Node node;
    std::string key;
    bool has_key = false;
    int key_line = 0;
    int key_column = 0;
  };

  Status count();
  void attach(Node node);

  std::vector<Open> open_;
  Node root_;
  std::size_t nodes_ = 0;
  const Node* duplicate_ = nullptr;
};

}  // namespace tagwerk::model
