#include <cstdint>

#include "link/configuration.hpp"
#include "link/frame.hpp"
#include "link/frame_reader.hpp"
#include "link/samples.hpp"
#include "link/trace_frame.hpp"

using namespace tagwerk;

namespace {

template <class Frame>
void decode_as(base::ByteView payload) {
  Frame frame;
  (void)link::decode(payload, frame);
}

void decode_frame(const link::FrameView& frame, link::ConfigurationAssembler& assembler) {
  using link::FrameType;
  std::vector<Sample> samples;
  link::Configure part;
  switch (frame.type) {
    case FrameType::hello:
      return decode_as<link::Hello>(frame.payload);
    case FrameType::welcome:
      return decode_as<link::Welcome>(frame.payload);
    case FrameType::refused:
      return decode_as<link::Refused>(frame.payload);
    case FrameType::configure:
      if (link::decode(frame.payload, part)) (void)assembler.add(std::move(part));
      return;
    case FrameType::configured:
      return decode_as<link::Configured>(frame.payload);
    case FrameType::configuration_error:
      return decode_as<link::ConfigurationError>(frame.payload);
    case FrameType::samples:
      (void)link::decode_samples(frame.payload, samples);
      return;
    case FrameType::ack:
      return decode_as<link::Ack>(frame.payload);
    case FrameType::write:
      return decode_as<link::Write>(frame.payload);
    case FrameType::write_result:
      return decode_as<link::WriteResult>(frame.payload);
    case FrameType::log:
      return decode_as<link::Log>(frame.payload);
    case FrameType::state:
      return decode_as<link::State>(frame.payload);
    case FrameType::ping:
      return decode_as<link::Ping>(frame.payload);
    case FrameType::pong:
      return decode_as<link::Pong>(frame.payload);
    case FrameType::stop:
      return decode_as<link::Stop>(frame.payload);
    case FrameType::request:
      return decode_as<link::Request>(frame.payload);
    case FrameType::reply:
      return decode_as<link::Reply>(frame.payload);
    case FrameType::trace_request:
      return decode_as<link::TraceRequest>(frame.payload);
    case FrameType::trace:
      return decode_as<link::Trace>(frame.payload);
  }
}

}  // namespace

/// Bytes as they come from the link's socket, from either side.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  link::FrameReader reader;
  link::ConfigurationAssembler assembler;
  reader.append(std::as_bytes(std::span(data, size)));
  while (true) {
    const auto frame = reader.next();
    if (!frame || !*frame) return 0;
    decode_frame(**frame, assembler);
  }
}
