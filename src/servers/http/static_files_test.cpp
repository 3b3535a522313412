#include "servers/http/static_files.hpp"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "net/http_parser.hpp"

namespace tagwerk::servers::http {
namespace {

using testing::HasSubstr;
using testing::Not;

net::Request request(std::string_view headers) {
  net::RequestParser parser(16 * 1024, 8 * 1024);
  const std::string text = fmt::format("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", headers);
  parser.feed(text);
  return std::move(parser.request());
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

class StaticFilesTest : public testing::Test {
 protected:
  std::span<const std::byte> bytes(const std::string& text) {
    return std::as_bytes(std::span(text));
  }

  const std::string script = "let a = 1;";
  const std::string packed = gzip(script);
  const std::string page = "<html>";
  const std::array<Asset, 3> assets{
      Asset{"assets/app-1.js", "text/javascript", "\"js\"", true, true, bytes(packed)},
      Asset{"docs/index.html", "text/html", "\"docs\"", false, false, bytes(page)},
      Asset{"index.html", "text/html", "\"page\"", false, false, bytes(page)}};
  const StaticFiles files{assets, "/base"};
};

TEST_F(StaticFilesTest, SendsPackedFilesAsTheyAreToThoseWhoUnderstand) {
  const auto packed_answer =
      files.answer("/assets/app-1.js", request("Accept-Encoding: br, gzip\r\n"));
  EXPECT_EQ(packed_answer->body(), packed);
  EXPECT_THAT(packed_answer->headers(), HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(packed_answer->headers(), HasSubstr("immutable"));
  const auto plain = files.answer("/assets/app-1.js", request(""));
  EXPECT_EQ(plain->body(), script);
  EXPECT_THAT(plain->headers(), Not(HasSubstr("Content-Encoding")));
}

TEST_F(StaticFilesTest, SendsNothingWhenTheBrowserHasIt) {
  const auto answer = files.answer("/", request("If-None-Match: W/\"page\"\r\n"));
  EXPECT_EQ(answer->status(), 304);
  EXPECT_EQ(answer->body(), "");
  EXPECT_EQ(files.answer("/", request("If-None-Match: \"other\"\r\n"))->status(), 200);
}

TEST_F(StaticFilesTest, FindsThePagesOfFoldersAndOfTheInterface) {
  EXPECT_EQ(files.answer("/docs/", request(""))->status(), 200);
  const auto redirect = files.answer("/docs", request(""));
  EXPECT_EQ(redirect->status(), 308);
  EXPECT_THAT(redirect->headers(), HasSubstr("Location: /base/docs/\r\n"));
  EXPECT_EQ(files.answer("/tree", request("Accept: text/html\r\n"))->body(), page);
  EXPECT_FALSE(files.answer("/tree", request("Accept: application/json\r\n")));
  EXPECT_FALSE(files.answer("/assets/gone.js", request("")));
}

TEST_F(StaticFilesTest, KeepsOthersFromFramingAndScripting) {
  const auto answer = files.answer("/", request(""));
  EXPECT_THAT(answer->headers(), HasSubstr("Content-Security-Policy: default-src 'self'"));
  EXPECT_THAT(answer->headers(), HasSubstr("frame-ancestors 'none'"));
}

TEST(Gunzip, RefusesDamagedBytes) {
  std::string packed = gzip("hello hello hello");
  EXPECT_EQ(gunzip(std::as_bytes(std::span(packed))), "hello hello hello");
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
  EXPECT_FALSE(gunzip(std::as_bytes(std::span(packed))));
  EXPECT_FALSE(gunzip({}));
}

}  // namespace
}  // namespace tagwerk::servers::http
