#include "net/tls_session.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "base/assert.hpp"
#include "net/ip_address.hpp"
#include "net/openssl.hpp"

namespace tagwerk::net {
namespace {

using IoMethod = openssl::Owned<BIO_METHOD, &BIO_meth_free>;

int socket_of(BIO* bio) {
  int descriptor = -1;
  BIO_get_fd(bio, &descriptor);
  return descriptor;
}

void note_retry(BIO* bio, int flag) {
  BIO_clear_retry_flags(bio);
  if (errno == EAGAIN || errno == EINTR) BIO_set_flags(bio, flag | BIO_FLAGS_SHOULD_RETRY);
}

int send_bytes(BIO* bio, const char* bytes, int size) {
  const auto sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0) note_retry(bio, BIO_FLAGS_WRITE);
  return static_cast<int>(sent);
}

/// OpenSSL's own socket method, but a peer that went away raises no signal.
const BIO_METHOD* socket_method() {
  static const IoMethod method = [] {
    const BIO_METHOD* usual = BIO_s_socket();
    IoMethod made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR,
                               "tagwerk socket"));
    TAGWERK_ASSERT(made);
    BIO_meth_set_write(made.get(), send_bytes);
    BIO_meth_set_read(made.get(), BIO_meth_get_read(usual));
    BIO_meth_set_ctrl(made.get(), BIO_meth_get_ctrl(usual));
    BIO_meth_set_create(made.get(), BIO_meth_get_create(usual));
    BIO_meth_set_destroy(made.get(), BIO_meth_get_destroy(usual));
    return made;
  }();
  return method.get();
}

/// OpenSSL counts in int.
int size_of(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, 1 << 30));
}

}  // namespace

struct TlsSession::Native {
  Native(const TlsContext& context, int descriptor) : ssl(SSL_new(context.native())) {
    BIO* bio = BIO_new(socket_method());
    TAGWERK_ASSERT(ssl && bio != nullptr);
    BIO_set_fd(bio, descriptor, BIO_NOCLOSE);
    SSL_set_bio(ssl.get(), bio, bio);
  }

  openssl::Session ssl;
};

TlsSession::TlsSession(const TlsContext& context, int descriptor)
    : native_(std::make_unique<Native>(context, descriptor)) {
  SSL_set_accept_state(native_->ssl.get());
}

TlsSession::TlsSession(const TlsContext& context, int descriptor, const std::string& host)
    : native_(std::make_unique<Native>(context, descriptor)) {
  SSL* ssl = native_->ssl.get();
  SSL_set_connect_state(ssl);
  if (IpAddress::parse(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  // What the macro SSL_set_tlsext_host_name does, with casts of this century.
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(host.c_str()));
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, host.c_str());
}

TlsSession::~TlsSession() = default;

TlsSession::Progress TlsSession::outcome(int result, std::size_t count) {
  if (result > 0) return {Step::done, count};
  switch (SSL_get_error(native_->ssl.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Step::want_read};
    case SSL_ERROR_WANT_WRITE:
      return {Step::want_write};
    case SSL_ERROR_ZERO_RETURN:
      return {Step::closed};
    case SSL_ERROR_SYSCALL:
      broken_ = true;
      failure_ = errno == 0 ? "the peer closed the connection" : std::strerror(errno);
      return {Step::failed};
    default:
      break;
  }
  broken_ = true;
  plain_http_ = openssl::reason_code() == SSL_R_HTTP_REQUEST;
  const long verified = SSL_get_verify_result(native_->ssl.get());
  distrusted_ = verified != X509_V_OK;
  failure_ = distrusted_ ? fmt::format("its certificate is not trusted ({})",
                                       X509_verify_cert_error_string(verified))
                         : openssl::reason();
  ERR_clear_error();
  return {Step::failed};
}

TlsSession::Progress TlsSession::handshake() {
  if (broken_) return {};
  ERR_clear_error();
  errno = 0;
  return outcome(SSL_do_handshake(native_->ssl.get()), 0);
}

TlsSession::Progress TlsSession::read(std::span<char> into) {
  if (broken_) return {};
  ERR_clear_error();
  errno = 0;
  const int got = SSL_read(native_->ssl.get(), into.data(), size_of(into.size()));
  return outcome(got, static_cast<std::size_t>(std::max(got, 0)));
}

TlsSession::Progress TlsSession::write(std::string_view bytes) {
  if (broken_) return {};
  ERR_clear_error();
  errno = 0;
  const int sent = SSL_write(native_->ssl.get(), bytes.data(), size_of(bytes.size()));
  return outcome(sent, static_cast<std::size_t>(std::max(sent, 0)));
}

TlsSession::Progress TlsSession::peek() {
  if (broken_) return {};
  ERR_clear_error();
  errno = 0;
  char byte = 0;
  return outcome(SSL_peek(native_->ssl.get(), &byte, 1), 1);
}

void TlsSession::say_goodbye() {
  if (broken_ || !established()) return;
  ERR_clear_error();
  SSL_shutdown(native_->ssl.get());
  ERR_clear_error();
}

bool TlsSession::established() const {
  return SSL_is_init_finished(native_->ssl.get()) == 1;
}

}  // namespace tagwerk::net
