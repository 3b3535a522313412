#include "net/certificate.hpp"

#include <algorithm>
#include <array>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "net/ip_address.hpp"
#include "net/openssl.hpp"
#include "net/url.hpp"

namespace tagwerk::net {
namespace {

using Names = openssl::Owned<GENERAL_NAMES, &GENERAL_NAMES_free>;

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string common_name(const X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return std::string(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
}

std::string ip_text(const ASN1_OCTET_STRING* bytes) {
  const std::string_view raw = bytes_of(bytes);
  std::array<std::uint8_t, 16> whole{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (raw.size() != 4 && raw.size() != 16) return {};
  std::ranges::copy(raw, whole.end() - static_cast<std::ptrdiff_t>(raw.size()));
  return IpAddress::from_bytes(whole).to_string();
}

std::vector<std::string> alternative_names(const X509* certificate) {
  std::vector<std::string> out;
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) out.emplace_back(bytes_of(name->d.dNSName));
    if (name->type == GEN_IPADD) out.push_back(ip_text(name->d.iPAddress));
  }
  return out;
}

UtcTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return UtcTime(std::chrono::seconds(::timegm(&parts)));
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  std::string out;
  for (unsigned int i = 0; i < size; ++i)
    out += fmt::format("{}{:02X}", i == 0 ? "" : ":", digest[i]);
  return out;
}

/// Adds an extension in OpenSSL's own notation, such as "DNS:plant,IP:192.0.2.7".
bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const openssl::Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 8> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  std::uint64_t number = 1;
  for (const unsigned char byte : bytes)
    number = number << 8 | byte;
  // A serial number is positive.
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1) == 1;
}

bool set_subject(X509* certificate, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  // 64 characters are the most that a common name has.
  const std::string short_name = name.substr(0, 64);
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(short_name.c_str()), -1,
                                    -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

bool set_times(X509* certificate, UtcTime from, Duration lifetime) {
  const auto seconds = [](UtcTime time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(from + lifetime)) != nullptr;
}

std::string in_notation(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names)
    out +=
        fmt::format("{}{}:{}", out.empty() ? "" : ",", IpAddress::parse(name) ? "IP" : "DNS", name);
  return out;
}

template <class Write>
std::string to_pem(Write write) {
  const openssl::Bio out(BIO_new(BIO_s_mem()));
  if (!out || write(out.get()) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

bool Certificate::good_for(std::string_view name) const {
  return std::ranges::any_of(
      names, [&](const std::string& each) { return equal_ignoring_case(each, name); });
}

Result<Certificate> read_certificate(std::string_view pem, std::string_view source) {
  const openssl::Bio in = openssl::memory(pem);
  const openssl::X509Certificate certificate(
      PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!certificate)
    return fail(ErrorCode::invalid_argument, "'{}' holds no certificate in PEM form: {}", source,
                openssl::reason());
  Certificate out;
  out.names = alternative_names(certificate.get());
  out.subject = common_name(certificate.get());
  if (out.subject.empty()) out.subject = out.names.empty() ? "?" : out.names.front();
  out.not_before = time_of(X509_get0_notBefore(certificate.get()));
  out.not_after = time_of(X509_get0_notAfter(certificate.get()));
  out.fingerprint = fingerprint_of(certificate.get());
  return out;
}

Result<SelfSigned> make_self_signed(const std::vector<std::string>& names, UtcTime from,
                                    Duration lifetime) {
  const openssl::Key key(EVP_EC_gen("P-256"));
  const openssl::X509Certificate certificate(X509_new());
  X509* raw = certificate.get();
  const bool made = key && raw != nullptr && X509_set_version(raw, X509_VERSION_3) == 1 &&
                    set_serial(raw) && set_subject(raw, names.front()) &&
                    set_times(raw, from, lifetime) && X509_set_pubkey(raw, key.get()) == 1 &&
                    add_extension(raw, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(raw, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(raw, NID_ext_key_usage, "serverAuth") &&
                    add_extension(raw, NID_subject_alt_name, in_notation(names)) &&
                    X509_sign(raw, key.get(), EVP_sha256()) > 0;
  if (!made)
    return fail(ErrorCode::internal, "cannot make a certificate for '{}': {}", names.front(),
                openssl::reason());
  return SelfSigned{.certificate = to_pem([&](BIO* out) { return PEM_write_bio_X509(out, raw); }),
                    .key = to_pem([&](BIO* out) {
                      return PEM_write_bio_PKCS8PrivateKey(out, key.get(), nullptr, nullptr, 0,
                                                           nullptr, nullptr);
                    })};
}

}  // namespace tagwerk::net
