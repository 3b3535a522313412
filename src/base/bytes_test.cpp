#include "base/bytes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tagwerk::base {
namespace {

RC_GTEST_PROP(Bytes, ReadBackWhatWasWritten,
              (std::uint64_t a, std::int64_t b, double c, std::uint16_t d, const std::string& e)) {
  Bytes buffer;
  ByteWriter out(buffer);
  out.varint(a);
  out.zigzag(b);
  out.f64(c);
  out.u16_be(d);
  out.text(e);
  ByteReader in(buffer);
  RC_ASSERT(in.varint() == a);
  RC_ASSERT(in.zigzag() == b);
  RC_ASSERT(std::bit_cast<std::uint64_t>(in.f64()) == std::bit_cast<std::uint64_t>(c));
  RC_ASSERT(in.u16_be() == d);
  RC_ASSERT(in.text() == e);
  RC_ASSERT(in.finished());
}

RC_GTEST_PROP(Bytes, AShortReadGivesZeroAndStaysBad, (const std::vector<std::uint8_t>& raw)) {
  ByteReader in(std::as_bytes(std::span(raw)));
  in.bytes(raw.size() + 1);
  RC_ASSERT(!in.ok());
  RC_ASSERT(in.u64() == 0u && in.varint() == 0u && in.text().empty());
}

TEST(Bytes, AnEndlessVarintIsRefused) {
  const Bytes raw(11, std::byte{0xff});
  ByteReader in(raw);
  in.varint();
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace tagwerk::base
