#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "link/trace_frame.hpp"

namespace tagwerk::link {

/// Traced frames as a capture file that Wireshark opens. A trace has only what the connection
/// carried, so Ethernet, IP and TCP are made up around it: addresses are the connection's, sequence
/// numbers go on without a gap, checksums are right, times are exact. One interface for each
/// device, named after it.
///
/// A protocol is known to Wireshark by its port. With `service_port` the peer's port is shown as
/// that one, and a comment at each packet names the real one.
/// Threads: any, one at a time
/// Source:  pcapng, draft-ietf-opsawg-pcapng
class PcapngWriter {
 public:
  explicit PcapngWriter(std::string_view application, std::uint16_t service_port = 0);

  /// In the order of their numbers, so that TCP's sequence goes on.
  void add(const Trace& part);
  const base::Bytes& bytes() const { return out_; }

 private:
  struct Flow {
    std::uint32_t sent = 1;  ///< TCP's next sequence numbers
    std::uint32_t received = 1;
  };
  std::uint32_t interface_of(const std::string& device);
  void add_item(const TraceItem& item, const TraceConnection& connection);

  const std::uint16_t service_port_;
  base::Bytes out_;
  std::map<std::string, std::uint32_t> interfaces_;
  std::map<std::string, Flow> flows_;
};

}  // namespace tagwerk::link
