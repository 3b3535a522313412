#pragma once

#include <cstdint>
#include <span>

#include "history/block.hpp"
#include "history/block_layout.hpp"
#include "history/columns.hpp"
#include "history/sequence.hpp"

/// What the header of a block says of its points.
namespace tagwerk::history {

/// Counts, durations and ends: what does not depend on the values. `ticks` are the points' times
/// from the first on.
void count_points(const Columns& columns, Numbers ticks, Layout& layout);

/// Statistics of the numbers, exact sums of k where k says it all and no sum can overflow. `ks`:
/// one for each value that is not null; layout.form and layout.span are set.
void summarize(const Columns& columns, Numbers ticks, Numbers ks, Layout& layout);

/// The reader's side: what the header's statistics mean.
NumberSummary summary_of(const Layout& layout);

}  // namespace tagwerk::history
