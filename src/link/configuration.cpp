#include "link/configuration.hpp"

#include <iterator>

#include "link/frame_reader.hpp"

namespace tagwerk::link {
namespace {

constexpr std::size_t kPartTarget = std::size_t{256} * 1024;
constexpr std::size_t kMaxSettings = kMaxFrame - kPartTarget - 1024;
constexpr std::size_t kMaxBinding = kPartTarget / 2;
constexpr std::size_t kBindingOverhead = 48;

std::size_t size_of(const Binding& binding) {
  return kBindingOverhead + binding.device.size() + binding.address.size() + binding.dtype.size() +
         binding.order.size() + binding.path.size();
}

Result<std::vector<Configure>> split(const Configuration& configuration) {
  std::vector<Configure> parts(1);
  std::size_t room = kPartTarget;
  parts.front().settings = configuration.settings;
  for (const Binding& each : configuration.bindings) {
    const std::size_t size = size_of(each);
    if (size > kMaxBinding)
      return fail(ErrorCode::limit_exceeded,
                  "the source of '{}' takes {} bytes; a connector accepts {}", each.path, size,
                  kMaxBinding);
    if (size > room) {
      parts.emplace_back();
      room = kPartTarget;
    }
    room -= size;
    parts.back().bindings.push_back(each);
  }
  return parts;
}

}  // namespace

Status encode_configuration(const Configuration& configuration, base::Bytes& out) {
  if (configuration.settings.size() > kMaxSettings)
    return fail(ErrorCode::limit_exceeded,
                "the connector's settings take {} bytes; {} are accepted",
                configuration.settings.size(), kMaxSettings);
  auto parts = split(configuration);
  if (!parts) return std::unexpected(parts.error());
  if (parts->size() > kMaxConfigureParts)
    return fail(ErrorCode::limit_exceeded, "{} bindings are too many for one connector",
                configuration.bindings.size());
  for (std::size_t i = 0; i < parts->size(); ++i) {
    Configure& part = (*parts)[i];
    part.revision = configuration.revision;
    part.part = static_cast<std::uint32_t>(i);
    part.parts = static_cast<std::uint32_t>(parts->size());
    encode(part, out);
  }
  return {};
}

Result<std::optional<Configuration>> ConfigurationAssembler::add(Configure part) {
  if (part.part == 0) {
    pending_ = Configuration{part.revision, std::move(part.settings), {}};
    parts_ = part.parts;
    next_part_ = 0;
  }
  if (part.part != next_part_ || part.parts != parts_ || part.revision != pending_.revision)
    return fail(ErrorCode::corrupt, "part {} of {} of configuration {} is out of order", part.part,
                part.parts, part.revision);
  for (const Binding& each : part.bindings) {
    const auto expected =
        pending_.bindings.size() + static_cast<std::size_t>(&each - part.bindings.data());
    if (each.handle != expected)
      return fail(ErrorCode::corrupt, "configuration {} has handle {} where {} belongs",
                  part.revision, each.handle, expected);
  }
  pending_.bindings.insert(pending_.bindings.end(), std::make_move_iterator(part.bindings.begin()),
                           std::make_move_iterator(part.bindings.end()));
  if (++next_part_ < parts_) return std::nullopt;
  parts_ = 0;
  return std::optional(std::move(pending_));
}

Result<Configuration> decode_configuration(base::ByteView frames) {
  FrameReader reader;
  reader.append(frames);
  ConfigurationAssembler assembler;
  while (true) {
    const auto frame = reader.next();
    if (!frame) return std::unexpected(frame.error());
    if (!*frame || (*frame)->type != FrameType::configure) break;
    Configure part;
    if (const auto decoded = decode((*frame)->payload, part); !decoded)
      return std::unexpected(decoded.error());
    auto whole = assembler.add(std::move(part));
    if (!whole) return std::unexpected(whole.error());
    if (*whole) return std::move(**whole);
  }
  return fail(ErrorCode::corrupt, "the configuration is cut off after {} bytes", frames.size());
}

}  // namespace tagwerk::link
