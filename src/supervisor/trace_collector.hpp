#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "supervisor/session.hpp"

namespace tagwerk::supervisor {

/// Frames of a connector's ring in the parts in which they came.
using TraceParts = std::vector<link::Trace>;

/// Asks for a trace part by part until there are enough frames or no more, so that the connector
/// polls in between.
/// Threads: the loop's; keeps itself alive while a question is on its way
class TraceCollector : public std::enable_shared_from_this<TraceCollector> {
 public:
  using Ask = std::function<void(link::TraceRequest, Session::Traced)>;
  using Done = std::move_only_function<void(Result<TraceParts>)>;

  /// The request's limit is that of all parts together.
  TraceCollector(Ask ask, link::TraceRequest request, Done done);
  void run();

 private:
  void take(Result<link::Trace> part);

  const Ask ask_;
  link::TraceRequest request_;  ///< the next one
  Done done_;
  TraceParts parts_;
};

}  // namespace tagwerk::supervisor
