#include <tagwerk/connector.hpp>

#include "base/assert.hpp"

namespace tagwerk {

std::string Connector::address(const std::string&) const {
  return {};
}

bool Connector::joins(const WriteOrder&, const WriteOrder&) const {
  return false;
}

void Connector::write_joined(std::vector<WriteOrder>, WritesDone) {
  // Only called where joins() said so.
  TAGWERK_ASSERT(false);
}

std::string Connector::describe(const link::TraceRing& ring, std::uint64_t number) const {
  return fmt::format("{} bytes", ring.at(number).size);
}

void Connector::request(std::string_view what, std::string_view, ReplyDone done) {
  done(fail(ErrorCode::not_found, "connector type '{}' cannot {}", type(), what));
}

}  // namespace tagwerk
