#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>
#include <string_view>

/// Ownership of OpenSSL's things, for the files of this folder that use it directly.
namespace tagwerk::net::openssl {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* thing) const {
    release(thing);
  }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

using Bio = Owned<BIO, &BIO_free_all>;
using Key = Owned<EVP_PKEY, &EVP_PKEY_free>;
using X509Certificate = Owned<X509, &X509_free>;
using Extension = Owned<X509_EXTENSION, &X509_EXTENSION_free>;
using Context = Owned<SSL_CTX, &SSL_CTX_free>;
using Session = Owned<SSL, &SSL_free>;

/// Why the last call failed, as OpenSSL says it; empties its queue of errors.
std::string reason();
/// The numbers of the same: library's reason code, 0 when there is none.
int reason_code();

/// The text as something to read from; it must live as long.
Bio memory(std::string_view text);

}  // namespace tagwerk::net::openssl
