#include "net/forwarded.hpp"

#include <algorithm>
#include <ranges>

#include "base/text.hpp"
#include "net/url.hpp"

namespace tagwerk::net {
namespace {

constexpr std::size_t kMaxHops = 32;
constexpr std::string_view kBlanks = " \t";

bool is_token_character(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~:[]/";  // the last four as found in the wild
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}

/// Takes characters from the front of a header's value.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(base::trimmed(text, kBlanks)) {}

  bool at_end() const { return text_.empty(); }
  bool take(char wanted) {
    text_ = base::trimmed(text_, kBlanks);
    if (!text_.starts_with(wanted)) return false;
    text_ = base::trimmed(text_.substr(1), kBlanks);
    return true;
  }
  std::string token() {
    const auto end = std::ranges::find_if_not(text_, is_token_character);
    std::string out(text_.begin(), end);
    text_.remove_prefix(out.size());
    return out;
  }
  /// A token or a quoted string; nothing when it is neither.
  std::optional<std::string> value() {
    if (!text_.starts_with('"')) {
      std::string out = token();
      if (out.empty()) return std::nullopt;
      return out;
    }
    std::string out;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        text_.remove_prefix(i + 1);
        return out;
      }
      if (text_[i] == '\\' && ++i == text_.size()) break;
      out.push_back(text_[i]);
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
};

/// `for=192.0.2.7;proto=https`; false when malformed.
bool read_hop(Scanner& in, ForwardedHop& hop) {
  do {
    const std::string name = in.token();
    if (name.empty() || !in.take('=')) return false;
    auto value = in.value();
    if (!value) return false;
    if (equal_ignoring_case(name, "for")) hop.client = std::move(*value);
    if (equal_ignoring_case(name, "proto")) hop.scheme = std::move(*value);
  } while (in.take(';'));
  return true;
}

/// At least one; of an empty list the empty one.
std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t comma = list.find(',');
    out.push_back(base::trimmed(list.substr(0, comma), kBlanks));
    if (comma == std::string_view::npos) return out;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

std::optional<std::vector<ForwardedHop>> read_forwarded(std::string_view header) {
  std::vector<ForwardedHop> out;
  Scanner in(header);
  do {
    if (out.size() == kMaxHops || !read_hop(in, out.emplace_back())) return std::nullopt;
  } while (in.take(','));
  if (!in.at_end()) return std::nullopt;
  return out;
}

std::optional<IpAddress> address_of_hop(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    return IpAddress::parse(text.substr(1, end - 1));
  }
  if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
  return IpAddress::parse(text);
}

Result<TrustedProxies> TrustedProxies::parse(std::span<const std::string> entries,
                                             ForwardedHeader header) {
  TrustedProxies out;
  out.header_ = header;
  for (const std::string& entry : entries) {
    if (entry == "unix") {
      out.unix_ = true;
      continue;
    }
    auto network = IpNetwork::parse(entry);
    if (!network)
      return fail(ErrorCode::invalid_argument, "{}, or 'unix' for the Unix socket",
                  network.error().message);
    out.networks_.push_back(*network);
  }
  return out;
}

bool TrustedProxies::trusts(const IpAddress& address) const {
  return std::ranges::any_of(networks_,
                             [&](const IpNetwork& each) { return each.contains(address); });
}

bool TrustedProxies::trusts(const Peer& peer) const {
  if (!unix_ && networks_.empty()) return false;
  const auto address = IpAddress::parse(peer.address);
  return address ? trusts(*address) : unix_ && peer.address == kUnixAddress;
}

std::optional<std::vector<ForwardedHop>> TrustedProxies::hops_of(const Request& request) const {
  if (header_ == ForwardedHeader::forwarded) return read_forwarded(request.headers("Forwarded"));
  const std::string addresses = request.headers("X-Forwarded-For");
  if (addresses.empty()) return std::nullopt;
  // How X-Forwarded-Proto grows along a chain is nowhere written: the nearest proxy's word counts.
  const std::string schemes = request.headers("X-Forwarded-Proto");
  std::vector<ForwardedHop> out;
  for (const std::string_view each : split(addresses))
    out.push_back({std::string(each), std::string(split(schemes).back())});
  if (out.size() > kMaxHops) out.erase(out.begin(), out.end() - kMaxHops);
  return out;
}

std::shared_ptr<const Peer> TrustedProxies::client_of(const Request& request) const {
  const auto hops = hops_of(request);
  if (!hops) return nullptr;
  std::shared_ptr<Peer> found;
  for (const ForwardedHop& hop : *hops | std::views::reverse) {
    const auto address = address_of_hop(hop.client);
    if (!address) break;
    found = std::make_shared<Peer>(Peer{.address = address->to_string(),
                                        .secure = equal_ignoring_case(hop.scheme, "https"),
                                        .forwarded = true});
    if (!trusts(*address)) break;
  }
  return found;
}

}  // namespace tagwerk::net
