#include "net/tls_context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/tls_for_test.hpp"

namespace tagwerk::net {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kEncryptedKey =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAild64ZuB2fWAICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEEDPjwmrSEyrMd4R4VIXQjMEgZB2\n"
    "ygXXcB4D4af1XtV1m3Lymu5SX8XA/TGzcjOSMc+0OE44m4s6kpAygqF/h1pT2W9y\n"
    "+oGGK6m2ba/gn2mnauK6PqpnrWbHU1R3AaJpReGqumkviwG4/h5Mj0A03Ek4ZHmc\n"
    "46C2gKCZGsDJSrwJK4KaEvR1IDhH6El/GxXWr1/uwl6mDttf81Kjp64ojAjPH/U=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

std::string failure(const TlsFiles& files) {
  const auto made = TlsContext::for_server(files);
  EXPECT_FALSE(made);
  return made ? "" : made.error().message;
}

TEST(Certificate, SaysWhatItIsGoodForAndHowLong) {
  const UtcTime now = base::utc_now();
  const auto made = make_self_signed({"plant", "192.0.2.7", "2001:db8::7"}, now, 24h);
  const auto read = read_certificate(made->certificate, "x.pem");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, "plant");
  EXPECT_THAT(read->names, ElementsAre("plant", "192.0.2.7", "2001:db8::7"));
  EXPECT_TRUE(read->good_for("PLANT"));
  EXPECT_FALSE(read->good_for("other"));
  EXPECT_EQ(read->not_after - read->not_before, 24h);
  EXPECT_LE(now - read->not_before, 1s);
  EXPECT_EQ(read->fingerprint.size(), 32 * 3 - 1);
}

TEST(Certificate, IsAnotherOneEachTime) {
  const UtcTime now = base::utc_now();
  const auto one = make_self_signed({"plant"}, now, 24h);
  const auto other = make_self_signed({"plant"}, now, 24h);
  EXPECT_NE(one->key, other->key);
  EXPECT_NE(read_certificate(one->certificate, "")->fingerprint,
            read_certificate(other->certificate, "")->fingerprint);
}

TEST(Certificate, HasARoomyNameInShortForm) {
  const std::string name(70, 'a');
  const auto made = make_self_signed({name}, base::utc_now(), 24h);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(read_certificate(made->certificate, "")->subject.size(), 64u);
}

TEST(TlsContext, LoadsACertificateAndItsKey) {
  const TestCertificate files;
  const auto context = TlsContext::for_server(files.files());
  ASSERT_TRUE(context) << context.error().message;
  EXPECT_EQ((*context)->certificate().subject, "localhost");
}

TEST(TlsContext, NamesTheFileAndWhatIsWrongWithIt) {
  const TestCertificate files, other;
  TlsFiles wrong = files.files();
  wrong.certificate = "/nowhere/plant.pem";
  EXPECT_EQ(failure(wrong), "cannot read '/nowhere/plant.pem': No such file or directory");
  wrong = files.files();
  wrong.key = "/nowhere/plant.key";
  EXPECT_EQ(failure(wrong), "cannot read '/nowhere/plant.key': No such file or directory");
  wrong = files.files();
  wrong.key = other.files().key;
  EXPECT_EQ(failure(wrong),
            fmt::format("the key in '{}' does not belong to the certificate in '{}'", wrong.key,
                        wrong.certificate));
  wrong.key = files.certificate();
  EXPECT_THAT(failure(wrong), HasSubstr("holds no private key in PEM form"));
  wrong = files.files();
  std::swap(wrong.certificate, wrong.key);
  EXPECT_THAT(failure(wrong), HasSubstr("holds no certificate in PEM form"));
  files.write_file("key.pem", kEncryptedKey);
  EXPECT_THAT(failure(files.files()), HasSubstr("is encrypted; write one without passphrase"));
  files.write_file("certificate.pem", "");
  EXPECT_THAT(failure(files.files()), HasSubstr("holds no certificate in PEM form"));
}

TEST(TlsContext, NamesTheFileOfAuthoritiesThatCannotBeRead) {
  const auto made = TlsContext::for_client({.ca_file = "/nowhere/ca.pem"});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("'/nowhere/ca.pem'"));
}

}  // namespace
}  // namespace tagwerk::net
