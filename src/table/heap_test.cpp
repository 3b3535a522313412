#include "table/heap.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <vector>

namespace tagwerk::table {
namespace {

TEST(Heap, JoinsWhatIsReleasedSoThatItCanBeTakenInOnePiece) {
  Heap heap(10);
  const auto a = heap.allocate(3), b = heap.allocate(3), c = heap.allocate(4);
  ASSERT_TRUE(a && b && c);
  EXPECT_FALSE(heap.allocate(1));
  heap.release(*a, 3);
  heap.release(*c, 4);
  heap.release(*b, 3);
  EXPECT_EQ(heap.allocate(10), 0U);
}

TEST(Heap, RefusesToReserveWhatIsTakenOrOutside) {
  Heap heap(10);
  EXPECT_TRUE(heap.reserve(2, 3));
  EXPECT_FALSE(heap.reserve(4, 2));
  EXPECT_FALSE(heap.reserve(9, 2));
  EXPECT_FALSE(heap.reserve(4'000'000'000U, 500'000'000U));
  EXPECT_TRUE(heap.reserve(5, 5));
}

RC_GTEST_PROP(Heap, NeverGivesAUnitTwice, ()) {
  Heap heap(64);
  std::vector<bool> taken(64);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> held;
  for (const auto units :
       *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::inRange(0U, 9U))) {
    if (units == 0 && !held.empty()) {
      const auto [unit, count] = held.front();
      held.erase(held.begin());
      heap.release(unit, count);
      for (auto i = unit; i < unit + count; ++i)
        taken[i] = false;
    } else if (const auto unit = heap.allocate(units)) {
      held.emplace_back(*unit, units);
      for (auto i = *unit; i < *unit + units; ++i) {
        RC_ASSERT(!taken.at(i));
        taken[i] = true;
      }
    }
    RC_ASSERT(heap.free_units() ==
              static_cast<std::uint64_t>(std::count(taken.begin(), taken.end(), false)));
  }
}

}  // namespace
}  // namespace tagwerk::table
