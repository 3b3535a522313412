#include "access/write_batch.hpp"

namespace tagwerk::access {

void WriteBatch::answer(std::size_t index, engine::WriteOutcome outcome) {
  WriteItemResult& result = items_[index].result;
  result.ok = outcome.status.good();
  result.status = outcome.status;
  result.detail = std::move(outcome.detail);
  result.value = std::move(outcome.value);
  close_one();
}

void WriteBatch::close_one() {
  // The last one sees everything the others have written.
  if (open_.fetch_sub(1, std::memory_order_acq_rel) == 1) finished_(std::move(items_));
}

}  // namespace tagwerk::access
