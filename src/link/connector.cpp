#include <tagwerk/connector.hpp>

namespace tagwerk {

std::string Connector::address(const std::string&) const {
  return {};
}

void Connector::request(std::string_view what, std::string_view, ReplyDone done) {
  done(fail(ErrorCode::not_found, "connector type '{}' cannot {}", type(), what));
}

}  // namespace tagwerk
