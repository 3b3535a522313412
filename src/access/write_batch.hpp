#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "access/access.hpp"

namespace tagwerk::access {

/// Several writes of one request on their way; the last answer finishes it.
/// Threads: each item is answered once, on any thread; finished runs on the thread of the last one
class WriteBatch {
 public:
  struct Item {
    WriteItemResult result;
    const model::PlantTag* tag = nullptr;  ///< null: refused before it reached the engine
    Value value;                           ///< as asked for
    engine::CurrentValue before;
  };
  using Finished = std::move_only_function<void(std::vector<Item>)>;

  WriteBatch(std::shared_ptr<const model::Plant> plant, std::vector<Item> items, Finished finished)
      : plant_(std::move(plant)),
        items_(std::move(items)),
        open_(items_.size() + 1),
        finished_(std::move(finished)) {}

  std::vector<Item>& items() { return items_; }
  void answer(std::size_t index, engine::WriteOutcome outcome);
  /// Counts one answer as given: a refused item's, or the one that keeps the batch open while it
  /// starts.
  void close_one();

 private:
  std::shared_ptr<const model::Plant> plant_;
  std::vector<Item> items_;
  std::atomic<std::size_t> open_;
  Finished finished_;
};

}  // namespace tagwerk::access
