#include "net/tls_context.hpp"

#include <fstream>
#include <iterator>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string_view>

#include "net/openssl.hpp"

namespace tagwerk::net {
namespace {

constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";

/// "http/1.1" with its length before it, as ALPN wants it.
constexpr std::string_view kProtocol = "\x08http/1.1";

/// Every file that OpenSSL would ask a person about has failed instead.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  const auto* own = reinterpret_cast<const unsigned char*>(kProtocol.data());
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, out_size, own, kProtocol.size(), offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Result<openssl::Context> make_context(const SSL_METHOD* method, TlsVersion min_version) {
  openssl::Context context(SSL_CTX_new(method));
  const int version = min_version == TlsVersion::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (!context || SSL_CTX_set_min_proto_version(context.get(), version) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1)
    return fail(ErrorCode::internal, "OpenSSL cannot be set up: {}", openssl::reason());
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Without its buffers an idle connection costs a few kilobytes instead of forty.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

Result<std::string> read_file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in.is_open() || in.bad())
    return fail(ErrorCode::invalid_argument, "cannot read '{}': {}", name, std::strerror(errno));
  return text;
}

Status use_certificate(SSL_CTX* context, const std::string& pem, const std::string& name) {
  const openssl::Bio in = openssl::memory(pem);
  openssl::X509Certificate own(PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1)
    return fail(ErrorCode::invalid_argument, "'{}' holds no certificate that can be used: {}", name,
                openssl::reason());
  for (;;) {
    openssl::X509Certificate next(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    if (SSL_CTX_add0_chain_cert(context, next.get()) == 1) (void)next.release();
  }
  ERR_clear_error();
  return {};
}

Status use_key(SSL_CTX* context, const std::string& pem, const TlsFiles& files) {
  const openssl::Bio in = openssl::memory(pem);
  bool encrypted = false;
  const openssl::Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, &encrypted));
  if (encrypted)
    return fail(ErrorCode::invalid_argument,
                "the key in '{}' is encrypted; write one without passphrase: openssl pkey -in "
                "'{}' -out plain.pem",
                files.key, files.key);
  if (!key)
    return fail(ErrorCode::invalid_argument, "'{}' holds no private key in PEM form: {}", files.key,
                openssl::reason());
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1)
    return fail(ErrorCode::invalid_argument,
                "the key in '{}' does not belong to the certificate in "
                "'{}'",
                files.key, files.certificate);
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    return fail(ErrorCode::invalid_argument, "the key in '{}' cannot be used: {}", files.key,
                openssl::reason());
  return {};
}

}  // namespace

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_server(const TlsFiles& files) {
  auto made = make_context(TLS_server_method(), files.min_version);
  if (!made) return std::unexpected(made.error());
  const std::shared_ptr<TlsContext> out(new TlsContext(made->release()));
  const auto pem = read_file(files.certificate);
  if (!pem) return std::unexpected(pem.error());
  auto facts = read_certificate(*pem, files.certificate);
  if (!facts) return std::unexpected(facts.error());
  out->certificate_ = std::move(*facts);
  const auto key = read_file(files.key);
  if (!key) return std::unexpected(key.error());
  if (auto done = use_certificate(out->context_, *pem, files.certificate); !done)
    return std::unexpected(done.error());
  if (auto done = use_key(out->context_, *key, files); !done) return std::unexpected(done.error());
  // Tickets resume without memory of ours.
  SSL_CTX_set_session_cache_mode(out->context_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(out->context_, select_protocol, nullptr);
  return out;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_client(const TlsTrust& trust) {
  auto made = make_context(TLS_client_method(), TlsVersion::v1_2);
  if (!made) return std::unexpected(made.error());
  const std::shared_ptr<TlsContext> out(new TlsContext(made->release()));
  SSL_CTX_set_alpn_protos(out->context_, reinterpret_cast<const unsigned char*>(kProtocol.data()),
                          kProtocol.size());
  if (!trust.verify_server) return out;
  SSL_CTX_set_verify(out->context_, SSL_VERIFY_PEER, nullptr);
  // A server's own certificate in the file is enough; it need not be an authority's.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(out->context_), X509_V_FLAG_PARTIAL_CHAIN);
  const bool trusted =
      trust.ca_file.empty()
          ? SSL_CTX_set_default_verify_paths(out->context_) == 1
          : SSL_CTX_load_verify_locations(out->context_, trust.ca_file.c_str(), nullptr) == 1;
  if (!trusted)
    return fail(ErrorCode::invalid_argument, "cannot read certificates from '{}': {}",
                trust.ca_file, openssl::reason());
  return out;
}

}  // namespace tagwerk::net
