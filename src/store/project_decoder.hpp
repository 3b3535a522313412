#pragma once

#include <deque>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "model/definitions.hpp"

namespace tagwerk::store {

/// Makes a project of its stored bodies while they still come in: batches of them are decoded on
/// threads of their own, as many at a time as there are processors. Internal to store.
/// Threads: one
class ProjectDecoder {
 public:
  /// Kinds one after the other, the names of each in their order; `body` is JSON.
  void add(const std::string& kind, std::string name, std::string body);
  /// Once, after everything was added.
  /// Fails: corrupt, naming the first definition that cannot be read
  Result<model::Project> take();

 private:
  struct Batch {
    std::string kind;
    std::vector<std::pair<std::string, std::string>> items;
  };

  static Result<model::Project> decode(const Batch& batch);
  void start_batch();
  void collect_one();

  Batch next_;
  std::deque<std::future<Result<model::Project>>> running_;
  Result<model::Project> done_;
};

}  // namespace tagwerk::store
