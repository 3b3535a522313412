#include "auth/jwt.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "auth/flat_json.hpp"

namespace tagwerk::auth {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_seconds;

const UtcTime kIssued{1'800'000'000s};

KeyRing ring(const std::vector<std::string>& keys) {
  return *KeyRing::make(keys);
}
const KeyRing& keys() {
  static const KeyRing all = ring({std::string(32, 'k')});
  return all;
}

Claims claims() {
  return {.subject = "anna",
          .user = 7,
          .id = "s.t.n",
          .role = "operator",
          .issued = sys_seconds{1'800'000'000s},
          .expires = sys_seconds{1'800'000'900s}};
}

std::string sealed(std::string_view header, std::string_view payload,
                   const KeyRing& with = keys()) {
  const std::string text = encode_base64url(header) + "." + encode_base64url(payload);
  const Digest signature = with.sign(text);
  return text + "." + encode_base64url(signature.data(), signature.size());
}

constexpr std::string_view kHs256 = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view kGood =
    R"({"sub":"anna","exp":1800000900,"iat":1800000000,"jti":"j","uid":7})";

TEST(Jwt, SignsAndVerifiesTheExampleOfRfc7515) {
  // RFC 7515, A.1.1: the key, the signing input and the signature of the HS256 example.
  const auto key = decode_base64url(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  ASSERT_TRUE(key);
  const std::string input =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  const std::string signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const KeyRing rfc = ring({*key});
  const Digest made = rfc.sign(input);
  EXPECT_EQ(encode_base64url(made.data(), made.size()), signature);
  EXPECT_TRUE(rfc.verify(input, *decode_base64url(signature)));
  // Rightly signed, its header accepted, but it names no user of ours.
  const auto decoded = decode_token(input + "." + signature, rfc, UtcTime{1'300'000'000s});
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().message.find("sub"), std::string::npos) << decoded.error().message;
}

TEST(Jwt, RefusesTheUnsecuredExampleOfRfc7519) {
  // RFC 7519, 6.1: "alg":"none" with an empty signature.
  EXPECT_FALSE(decode_token(
      "eyJhbGciOiJub25lIn0."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ.",
      keys(), kIssued));
}

TEST(Jwt, HmacGivesTheDigestsOfRfc4231) {
  const Digest two = ring({"Jefe"}).sign("what do ya want for nothing?");
  EXPECT_EQ(to_hex(two), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const Digest six = ring({std::string(131, '\xaa')})
                         .sign("Test Using Larger Than Block-Size Key - Hash Key First");
  EXPECT_EQ(to_hex(six), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Jwt, HasTheHeaderThatClientsOfTheOriginalKnow) {
  EXPECT_TRUE(encode_token(claims(), keys()).starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."));
}

RC_GTEST_PROP(Jwt, SurvivesATripThroughText, ()) {
  const auto text = rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
  const auto second = rc::gen::inRange<std::int64_t>(0, 4'000'000'000);
  const Claims in{.subject = (*text).substr(0, 200),
                  .user = *rc::gen::inRange<UserId>(0, 1ULL << 62),
                  .id = (*text).substr(0, 100),
                  .role = (*text).substr(0, 20),
                  .issued = sys_seconds{std::chrono::seconds{*second}},
                  .expires = sys_seconds{4'000'000'001s}};
  const auto out = decode_token(encode_token(in, keys()), keys(), kIssued);
  RC_ASSERT(out.has_value());
  RC_ASSERT(*out == in);
}

RC_GTEST_PROP(Jwt, NoSingleChangedCharacterIsAccepted, ()) {
  std::string token = encode_token(claims(), keys());
  const auto at = *rc::gen::inRange<std::size_t>(0, token.size());
  const char c = *rc::gen::arbitrary<char>();
  RC_PRE(token[at] != c);
  token[at] = c;
  RC_ASSERT(!decode_token(token, keys(), kIssued));
}

RC_GTEST_PROP(Jwt, NothingThatIsCutOrLengthenedIsAccepted, ()) {
  const std::string token = encode_token(claims(), keys());
  const auto size = *rc::gen::inRange<std::size_t>(0, token.size());
  RC_ASSERT(!decode_token(token.substr(0, size), keys(), kIssued));
  RC_ASSERT(!decode_token(token + token.substr(0, size + 1), keys(), kIssued));
}

TEST(Jwt, OnlyHs256IsAnAlgorithm) {
  EXPECT_TRUE(decode_token(sealed(kHs256, kGood), keys(), kIssued));
  EXPECT_TRUE(decode_token(sealed(R"({ "typ":"JWT", "alg":"HS256" })", kGood), keys(), kIssued));
  for (const auto* header :
       {R"({"alg":"none"})", R"({"alg":"None","typ":"JWT"})", R"({"alg":"hs256"})",
        R"({"alg":"HS384"})", R"({"alg":"HS512"})", R"({"alg":"RS256"})", R"({"alg":["HS256"]})",
        R"({"alg":null})", R"({"alg":1})", R"({})", R"([])", "", "HS256",
        R"({"alg":"HS256","alg":"none"})", R"({"alg":"HS256","crit":"b64"})",
        R"({"alg":"HS256","crit":["b64"],"b64":false})", R"({"alg":"HS256"}x)"})
    EXPECT_FALSE(decode_token(sealed(header, kGood), keys(), kIssued)) << header;
}

TEST(Jwt, ContentThatIsNotOursIsRefusedThoughSigned) {
  for (const auto* payload :
       {R"({"exp":1800000900,"iat":1800000000,"jti":"j","uid":7})",
        R"({"sub":"anna","iat":1800000000,"jti":"j","uid":7})",
        R"({"sub":"anna","exp":1800000900,"jti":"j","uid":7})",
        R"({"sub":"anna","exp":1800000900,"iat":1800000000,"uid":7})",
        R"({"sub":"anna","exp":1800000900,"iat":1800000000,"jti":"j"})",
        R"({"sub":"anna","exp":"1800000900","iat":1800000000,"jti":"j","uid":7})",
        R"({"sub":"anna","exp":1800000900.5,"iat":1800000000,"jti":"j","uid":7})",
        R"({"sub":"anna","exp":1e300,"iat":1800000000,"jti":"j","uid":7})",
        R"({"sub":"anna","exp":99999999999999999999,"iat":1800000000,"jti":"j","uid":7})",
        R"({"sub":"anna","exp":1800000900,"iat":1800000000,"jti":"j","uid":-7})",
        R"({"sub":null,"exp":1800000900,"iat":1800000000,"jti":"j","uid":7})",
        R"({"sub":"anna","sub":"root","exp":1800000900,"iat":1800000000,"jti":"j","uid":7})",
        R"({"sub":"anna","exp":1800000900,"iat":1800000000,"jti":"j","uid":7,})", "[]", "null", "",
        "{"})
    EXPECT_FALSE(decode_token(sealed(kHs256, payload), keys(), kIssued)) << payload;
  std::string trailing(kGood);
  trailing += '\0';
  EXPECT_FALSE(decode_token(sealed(kHs256, trailing), keys(), kIssued));
}

TEST(Jwt, IsGoodBeforeItsExpiryAndNotAtIt) {
  const std::string token = encode_token(claims(), keys());
  EXPECT_TRUE(decode_token(token, keys(), kIssued + 900s - 1ns));
  EXPECT_FALSE(decode_token(token, keys(), kIssued + 900s));
  EXPECT_FALSE(decode_token(token, keys(), UtcTime::max()));
}

TEST(Jwt, ExtremeTimesDoNotOverflow) {
  for (const auto* exp : {"9223372036854775807", "-9223372036854775808"}) {
    const auto token = sealed(
        kHs256, fmt::format(R"({{"sub":"a","exp":{},"iat":{},"jti":"j","uid":1}})", exp, exp));
    EXPECT_EQ(decode_token(token, keys(), kIssued).has_value(), exp[0] != '-');
  }
}

TEST(Jwt, LongTokensAreRefusedUnread) {
  const auto token = sealed(kHs256, fmt::format(R"({{"sub":"{}"}})", std::string(3000, 'a')));
  const auto decoded = decode_token(token, keys(), kIssued);
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().message.find("2048"), std::string::npos);
  EXPECT_FALSE(decode_token(std::string(10'000'000, '.'), keys(), kIssued));
}

TEST(Jwt, OddShapesAreRefused) {
  const std::string token = encode_token(claims(), keys());
  for (const std::string& odd :
       {std::string{}, std::string("."), std::string(".."), std::string("..."), "." + token,
        token + ".", token + "=", token + " ", " " + token, token + "\n", "Bearer " + token,
        token.substr(0, token.rfind('.')) + "."})
    EXPECT_FALSE(decode_token(odd, keys(), kIssued)) << odd;
}

TEST(KeyRing, AnOlderKeyVerifiesAndTheNewestSigns) {
  const KeyRing before = ring({"old-key"});
  const KeyRing overlap = ring({"new-key", "old-key"});
  const KeyRing after = ring({"new-key"});
  const std::string old_token = encode_token(claims(), before);
  const std::string new_token = encode_token(claims(), overlap);
  EXPECT_TRUE(decode_token(old_token, overlap, kIssued));
  EXPECT_FALSE(decode_token(old_token, after, kIssued));
  EXPECT_TRUE(decode_token(new_token, after, kIssued));
  EXPECT_FALSE(decode_token(new_token, before, kIssued));
}

TEST(KeyRing, RefusesNoKeysTooManyAndEmptyOnes) {
  EXPECT_FALSE(KeyRing::make({}));
  EXPECT_FALSE(KeyRing::make({""}));
  EXPECT_FALSE(KeyRing::make({std::string(1025, 'k')}));
  EXPECT_FALSE(KeyRing::make({"a", "b", "c", "d", "e"}));
}

TEST(Base64Url, HasOneSpellingForEveryByteSequence) {
  EXPECT_EQ(encode_base64url(std::string_view("\xfb\xff\xfe")), "-__-");
  EXPECT_EQ(decode_base64url(""), "");
  EXPECT_EQ(decode_base64url("Zg"), "f");
  for (const char* bad :
       {"Z", "Zh", "Zg=", "Zg==", "Z g", "Zm9=", "+/+/", "Zm9v\n", "Zm9v.", "Zm9vY", "z\335\231z"})
    EXPECT_FALSE(decode_base64url(bad)) << bad;
}

TEST(Base64, IsReadWithAndWithoutPadding) {
  EXPECT_EQ(decode_base64("MUM6dHdrX2E="), "1C:twk_a");
  EXPECT_EQ(decode_base64("MUM6dHdrX2E"), "1C:twk_a");
  EXPECT_EQ(decode_base64("+/8="), "\xfb\xff");
  EXPECT_EQ(decode_base64(""), "");
  for (const char* bad : {"-_8=", "Z", "Zg=", "Zg===", "Zm 9v", "!!!!", "Zm9v\n"})
    EXPECT_FALSE(decode_base64(bad)) << bad;
  EXPECT_FALSE(decode_base64(std::string(5000, 'A')));
}

RC_GTEST_PROP(Base64Url, SurvivesATripThroughText, (const std::string& bytes)) {
  RC_ASSERT(decode_base64url(encode_base64url(bytes)) == bytes);
}

RC_GTEST_PROP(Base64Url, WhatIsDecodedIsEncodedToTheSameText, (const std::string& text)) {
  if (const auto bytes = decode_base64url(text)) RC_ASSERT(encode_base64url(*bytes) == text);
}

TEST(FlatObject, ReadsTextsNumbersAndEscapes) {
  const auto object = FlatObject::parse(
      R"( { "a" : "x\"\\\/\b\u00e9\u20ac\ud83d\ude00" , "n":-12,"t":true,"z":null} )");
  ASSERT_TRUE(object);
  EXPECT_EQ(*object->text("a"), "x\"\\/\b\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(*object->number("n"), -12);
  EXPECT_TRUE(object->has("t") && object->has("z"));
  EXPECT_EQ(object->text("n"), nullptr);
  EXPECT_EQ(object->number("missing"), nullptr);
}

TEST(FlatObject, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  for (const auto* text : {R"({"a":1,"a":2})",
                           R"({"a":{}})",
                           R"({"a":[]})",
                           R"({"a":01})",
                           R"({"a":+1})",
                           R"({"a":1.0})",
                           R"({"a":-})",
                           R"({"a":1e2})",
                           R"({"a":tru})",
                           R"({"a":"\x"})",
                           R"({"a":"\ud800"})",
                           R"({"a":"\udc00"})",
                           R"({"a":"\u12g4"})",
                           R"({"a":"\u-123"})",
                           R"({"a":1}{})",
                           R"({"a"})",
                           R"({a:1})",
                           R"({"a":1,})",
                           R"({,})",
                           "{\"a\":\"\n\"}",
                           R"({"a":"x)",
                           R"({"a":")",
                           R"({"a":"\)",
                           R"("a")",
                           "1",
                           " ",
                           "{"})
    EXPECT_FALSE(FlatObject::parse(text)) << text;
  std::string many = "{";
  for (int i = 0; i < 17; ++i)
    many += fmt::format("{}\"m{}\":1", i == 0 ? "" : ",", i);
  EXPECT_FALSE(FlatObject::parse(many + "}"));
}

}  // namespace
}  // namespace tagwerk::auth
