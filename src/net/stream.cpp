#include "net/stream.hpp"

namespace tagwerk::net {

using boost::system::error_code;

error_code Stream::write_now(std::string_view bytes) {
  if (tls_) return tls_->write_now(bytes);
  error_code error;
  plain_.non_blocking(true, error);
  if (!error) plain_.write_some(boost::asio::buffer(bytes), error);
  return error;
}

void Stream::shutdown_send(error_code& error) {
  say_goodbye();
  socket().shutdown(Socket::shutdown_send, error);
}

void Stream::say_goodbye() {
  if (tls_) tls_->say_goodbye();
}

void Stream::close() {
  error_code ignored;
  if (tls_) return tls_->close();
  plain_.shutdown(Socket::shutdown_both, ignored);
  plain_.close(ignored);
}

void Stream::drop_tls() {
  if (tls_) plain_ = tls_->take_socket();
  tls_.reset();
}

}  // namespace tagwerk::net
