#include "net/http_parser.hpp"

#include <gtest/gtest.h>

namespace tagwerk::net {
namespace {

struct ChunkedBody {
  std::string_view body;
  std::string_view expected;
};

TEST(RequestParser, ReadsChunksThatComeByteByByte) {
  for (const auto& [body, expected] :
       {ChunkedBody{"0\r\n\r\n", ""}, ChunkedBody{"3\r\nabc\r\n0\r\n\r\n", "abc"},
        ChunkedBody{"0;a=b\r\nTrailer: x\r\n\r\n", ""}}) {
    const std::string bytes =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
    RequestParser parser(16 * 1024, 8 * 1024);
    std::size_t taken = 0;
    for (std::size_t shown = 1; shown <= bytes.size(); ++shown) {
      ASSERT_NE(parser.state(), RequestParser::State::failed) << parser.failure().detail;
      ASSERT_NE(parser.state(), RequestParser::State::complete);
      const bool header_before = parser.header_done();
      taken += parser.feed(std::string_view(bytes).substr(taken, shown - taken));
      if (!header_before && parser.header_done()) parser.set_body_limit(100);
    }
    EXPECT_EQ(parser.state(), RequestParser::State::complete) << body;
    EXPECT_EQ(parser.request().body(), expected);
    EXPECT_EQ(taken, bytes.size());
  }
}

}  // namespace
}  // namespace tagwerk::net
