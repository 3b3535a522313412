#include "net/tls_channel.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace tagwerk::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// One TLS record: more would be sent in pieces anyway.
constexpr std::size_t kRecord = 16 * 1024;

error_code broken() {
  return make_error_code(boost::system::errc::protocol_error);
}

}  // namespace

TlsChannel::TlsChannel(Socket socket, const TlsContext& context)
    : socket_(std::move(socket)), session_(context, socket_.native_handle()) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
}

void TlsChannel::read(asio::mutable_buffer into, Done done) {
  into_ = into;
  read_ = {std::move(done)};
  try_read();
  read_.initiated = true;
}

bool TlsChannel::stage(asio::const_buffer bytes) {
  if (direct_.size() > 0) return false;
  if (staged_.empty() && bytes.size() >= kRecord) {
    direct_ = bytes;
    return false;
  }
  const std::size_t room = kRecord - staged_.size();
  staged_.append(static_cast<const char*>(bytes.data()), std::min(room, bytes.size()));
  return staged_.size() < kRecord;
}

void TlsChannel::write_staged(Done done) {
  write_ = {std::move(done)};
  try_write();
  write_.initiated = true;
}

void TlsChannel::try_read() {
  const auto progress = closed_ ? TlsSession::Progress{}
                                : session_.read({static_cast<char*>(into_.data()), into_.size()});
  proceed(progress, read_, &TlsChannel::try_read);
}

void TlsChannel::try_write() {
  const std::string_view bytes =
      direct_.size() > 0
          ? std::string_view(static_cast<const char*>(direct_.data()), direct_.size())
          : std::string_view(staged_);
  const auto progress = closed_ ? TlsSession::Progress{} : session_.write(bytes);
  proceed(progress, write_, &TlsChannel::try_write);
}

void TlsChannel::proceed(TlsSession::Progress progress, Operation& operation, Try again) {
  switch (progress.step) {
    case TlsSession::Step::done:
      return finish(operation, {}, progress.count);
    case TlsSession::Step::want_read:
      return wait(Socket::wait_read, operation, again);
    case TlsSession::Step::want_write:
      return wait(Socket::wait_write, operation, again);
    case TlsSession::Step::closed:
      return finish(operation, asio::error::eof, 0);
    case TlsSession::Step::failed:
      return finish(operation, closed_ ? asio::error::operation_aborted : broken(), 0);
  }
}

void TlsChannel::wait(Socket::wait_type what, Operation& operation, Try again) {
  operation.initiated = true;
  socket_.async_wait(what, [self = shared_from_this(), &operation, again](error_code error) {
    if (error) return self->finish(operation, error, 0);
    (self.get()->*again)();
  });
}

void TlsChannel::finish(Operation& operation, error_code error, std::size_t count) {
  if (&operation == &write_) {
    staged_ = std::string();
    direct_ = {};
  }
  Done done = std::exchange(operation.done, nullptr);
  if (operation.initiated) return done(error, count);
  asio::post(socket_.get_executor(),
             [done = std::move(done), error, count]() mutable { done(error, count); });
}

error_code TlsChannel::write_now(std::string_view bytes) {
  return session_.write(bytes).step == TlsSession::Step::done ? error_code() : broken();
}

void TlsChannel::close() {
  if (std::exchange(closed_, true)) return;
  session_.say_goodbye();
  error_code ignored;
  socket_.close(ignored);
}

Socket TlsChannel::take_socket() {
  closed_ = true;
  return std::move(socket_);
}

}  // namespace tagwerk::net
