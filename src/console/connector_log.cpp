#include <cstdio>
#include <thread>

#include "console/answer.hpp"
#include "console/columns.hpp"
#include "console/connector_commands.hpp"
#include "console/exit_code.hpp"
#include "console/output.hpp"
#include "net/url.hpp"

/// `tagwerk connectors log` and `trace`
namespace tagwerk::console {
namespace {

using model::Node;

constexpr auto kLogPause = std::chrono::seconds(1);
/// What one look may bring while following.
constexpr std::uint64_t kMostPerLook = 10'000;

void print_line(const Node& line, bool json) {
  if (json) return print_json(line);
  std::printf("%s %-5s %s\n", text_of(line, "time").c_str(), text_of(line, "level").c_str(),
              printable(text_of(line, "text")).c_str());
}

/// Of the last lines those that were not there before: what follows the line that was last.
std::span<const Node> after(const std::vector<Node>& lines, const Node& last) {
  for (std::size_t i = lines.size(); i > 0; --i)
    if (lines[i - 1] == last) return std::span(lines).subspan(i);
  return lines;
}

Status follow_log(ServerSession& session, const ConnectorArguments& arguments) {
  Node last;
  std::uint64_t count = arguments.lines;
  for (;;) {
    if (auto token = session.fresh_token(); !token) return std::unexpected(token.error());
    auto answer =
        session.get(fmt::format("{}/log?lines={}", target_of_connector(arguments.name), count));
    if (!answer) return std::unexpected(answer.error());
    const auto& lines = items_of(*answer, "lines");
    for (const Node& line : after(lines, last))
      print_line(line, arguments.json);
    std::fflush(stdout);
    if (!arguments.follow) return {};
    if (!lines.empty()) last = lines.back();
    count = kMostPerLook;
    std::this_thread::sleep_for(kLogPause);
  }
}

void print_frame(const Node& frame, bool json) {
  if (json) return print_json(frame);
  const Node* delay = frame.find("delay");
  const auto seconds = delay == nullptr ? std::nullopt : delay->as_number();
  std::printf("%s %s %s %s%s  [%s]\n", text_of(frame, "time").c_str(),
              printable(text_of(frame, "device")).c_str(),
              text_of(frame, "direction") == "sent" ? "->" : "<-",
              printable(text_of(frame, "text")).c_str(),
              seconds ? fmt::format(", after {:.1f} ms", *seconds * 1e3).c_str() : "",
              text_of(frame, "bytes").c_str());
}

std::string target_of_trace(const ConnectorArguments& arguments) {
  std::string out = target_of_connector(arguments.name) + "/trace?";
  if (!arguments.device.empty()) out += "device=" + net::percent_encode(arguments.device) + "&";
  return out;
}

Status follow_trace(ServerSession& session, const ConnectorArguments& arguments) {
  std::string from = fmt::format("limit={}", arguments.lines);
  for (;;) {
    if (auto token = session.fresh_token(); !token) return std::unexpected(token.error());
    auto answer = session.get(target_of_trace(arguments) + from);
    if (!answer) return std::unexpected(answer.error());
    for (const Node& frame : items_of(*answer, "items"))
      print_frame(frame, arguments.json);
    std::fflush(stdout);
    if (!arguments.follow) return {};
    from = fmt::format("limit={}&after={}", kMostPerLook, integer_of(*answer, "next"));
    std::this_thread::sleep_for(kLogPause);
  }
}

Status save_trace(ServerSession& session, const ConnectorArguments& arguments) {
  auto answer = session.send("GET", target_of_trace(arguments) + "format=pcapng");
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) return std::unexpected(refusal_of(answer->status, answer->body));
  if (auto written = write_output(arguments.pcapng, answer->body); !written) return written;
  if (arguments.pcapng != "-")
    std::printf("%zu bytes in %s\n", answer->body.size(), arguments.pcapng.c_str());
  return {};
}

int run(const ConnectorArguments& arguments,
        Status (*command)(ServerSession&, const ConnectorArguments&)) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  const auto done = command(*session, arguments);
  return done ? kExitGood : report(done.error());
}

}  // namespace

int show_connector_log(const ConnectorArguments& arguments) {
  return run(arguments, follow_log);
}

int trace_connector(const ConnectorArguments& arguments) {
  return run(arguments, arguments.pcapng.empty() ? follow_trace : save_trace);
}

}  // namespace tagwerk::console
