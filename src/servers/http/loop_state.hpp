#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "access/access.hpp"
#include "net/event_loop.hpp"
#include "servers/http/call.hpp"
#include "servers/http/value_text.hpp"

namespace tagwerk::servers::http {

/// The tags that a GET /api/values asked for, kept for the next time the same is asked.
struct RememberedSelection {
  std::shared_ptr<const auth::Principal> principal;
  access::Selection selection;
  Page page;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// What a loop keeps for itself so that its requests need no lock.
/// Threads: its loop's only
struct LoopState {
  explicit LoopState(net::EventLoop& which) : loop(which) {}

  net::EventLoop& loop;
  std::shared_ptr<access::Hub> hub;
  ItemTexts texts;
  /// By the query as it was sent. Dropped as a whole when full; see values.cpp.
  std::unordered_map<std::string, RememberedSelection, TextHash, std::equal_to<>> selections;
};

}  // namespace tagwerk::servers::http
