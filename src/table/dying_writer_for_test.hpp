#pragma once

#include <thread>
#include <unistd.h>

#include "table/testing.hpp"
#include "table/writer.hpp"

namespace tagwerk::table::testing {

/// What writers in a Child are doing when it is killed. Neither closes the writer.

/// Publishes /A = 1, /S = "text", /C bad; stays in the middle of a batch that changes /A to 2.
inline void leave_a_batch_open(Writer& writer) {
  (void)writer.define({"/A", 1, 0, model::Type::integer, 0});
  (void)writer.define({"/S", 2, 1, model::Type::string, 32});
  (void)writer.define({"/C", 3, 2, model::Type::integer, 0});
  (void)writer.publish(0, Value::of(std::int64_t{1}), model::kGood, at_s(1));
  (void)writer.publish(1, Value::string("text"), model::kGood, at_s(1));
  (void)writer.publish(2, Value::of(std::int64_t{3}), model::kBadNoCommunication, at_s(1));
  writer.begin(at_s(2));
  (void)writer.publish(0, Value::of(std::int64_t{2}), model::kGood, at_s(2));
}

/// Defines, renames, removes and publishes in a thread, for a minute at most.
inline void storm(Writer& writer) {
  ::alarm(60);
  std::thread([&writer] {
    for (std::uint64_t n = 0;; ++n) {
      const auto slot =
          writer.define({.path = fmt::format("/T{}", n % 40), .type = model::Type::string});
      if (slot)
        (void)writer.publish(*slot, Value::string(fmt::format("v{}", n)), model::kGood, at_s(1));
      const auto tag = writer.reader().find(fmt::format("/T{}", (n * 7) % 40));
      if (!tag) continue;
      if (n % 2 == 0)
        (void)writer.undefine(tag->slot);
      else
        (void)writer.define(
            {.path = fmt::format("/R{}", n % 30), .id = tag->id, .type = model::Type::string});
    }
  }).detach();
}

}  // namespace tagwerk::table::testing
