#include <cstdio>
#include <map>
#include <memory>

#include "console/answer.hpp"
#include "console/columns.hpp"
#include "console/command_spec.hpp"
#include "console/commands.hpp"
#include "console/exit_code.hpp"
#include "console/server_session.hpp"
#include "console/value_lines.hpp"
#include "net/websocket_client.hpp"

/// `tagwerk watch`
namespace tagwerk::console {
namespace {

using model::Node;

struct WatchArguments {
  RemoteOptions remote;
  std::vector<std::string> paths;
  std::string rate;
  bool every = false;
  bool json = false;
  std::uint64_t count = 0;  ///< lines, then end; 0 = until the connection ends
};

/// Prints what comes until it is enough.
class Watcher {
 public:
  explicit Watcher(const WatchArguments& arguments) : arguments_(arguments) {}

  /// Returns: false when --count lines have been printed
  bool show(const Node& message) {
    for (const Node& item : items_of(message, "items")) {
      show_item(item);
      if (arguments_.count != 0 && ++printed_ == arguments_.count) return false;
    }
    if (const auto missed = integer_of(message, "coalesced"); missed > 0)
      std::fprintf(stderr, "tagwerk: %lld changes came faster than they could be shown\n",
                   static_cast<long long>(missed));
    std::fflush(stdout);
    return true;
  }

 private:
  void show_item(const Node& item) {
    if (arguments_.json) return print_json(item);
    const std::string path = text_of(item, "path");
    // Only a snapshot names the units.
    if (const Node* unit = item.find("unit"); unit != nullptr) units_[path] = unit->text;
    const auto cells = value_cells(item, units_[path]);
    path_width_ = std::max(path_width_, width_of(path));
    std::printf("%s%s  %-24s  %-24s  %s\n", printable(cells[0]).c_str(),
                std::string(path_width_ - width_of(path), ' ').c_str(), printable(cells[1]).c_str(),
                cells[2].c_str(), cells[3].c_str());
  }

  const WatchArguments& arguments_;
  std::map<std::string, std::string> units_;
  std::size_t path_width_ = 0;
  std::uint64_t printed_ = 0;
};

/// "http://host/base/ws", "unix:/run/http.sock:/base/ws".
std::string socket_url(std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  const bool needs_base = url.starts_with("unix:") && url.find(":/", 6) == std::string::npos;
  return url + (needs_base ? ":/ws" : "/ws");
}

Result<net::WebSocketClient> connect(ServerSession& session) {
  auto token = session.fresh_token();
  if (!token) return std::unexpected(token.error());
  return net::WebSocketClient::connect({.url = socket_url(session.options().url),
                                        .subprotocols = {"tagwerk", "bearer." + *token},
                                        .trust = session.options().trust});
}

Result<Node> subscription(const WatchArguments& arguments) {
  Node out = Node::mapping();
  out.set("op", Node::text_of("subscribe"));
  out.set("id", Node::integer(1));
  Node paths = Node::sequence();
  for (const std::string& path : arguments.paths)
    paths.items.push_back(Node::text_of(path));
  if (paths.items.empty()) paths.items.push_back(Node::text_of("/**"));
  out.set("paths", std::move(paths));
  if (arguments.every) out.set("every", Node::boolean(true));
  if (arguments.rate.empty()) return out;
  const auto rate = base::parse_duration(arguments.rate);
  if (!rate) return std::unexpected(rate.error());
  out.set("max_rate_ms",
          Node::integer(std::chrono::duration_cast<std::chrono::milliseconds>(*rate).count()));
  return out;
}

Status answer_expiry(ServerSession& session, net::WebSocketClient& socket) {
  auto token = session.fresh_token();
  if (!token) return std::unexpected(token.error());
  Node message = Node::mapping();
  message.set("op", Node::text_of("token"));
  message.set("token", Node::text_of(*token));
  return socket.send(model::to_json(message));
}

/// The next message; waits as long as it takes.
Result<Node> next_message(net::WebSocketClient& socket) {
  for (;;) {
    auto text = socket.receive(base::mono_now() + std::chrono::hours(1));
    if (text) return model::parse_json(*text, "the server's message");
    if (text.error().code != ErrorCode::timeout) return std::unexpected(text.error());
  }
}

Status watch(const WatchArguments& arguments) {
  auto asked = subscription(arguments);
  if (!asked) return std::unexpected(asked.error());
  auto session = ServerSession::open(arguments.remote);
  if (!session) return std::unexpected(session.error());
  // A subscription would wait for a name that nothing has yet.
  auto there = session->get("/api/values?limit=1&" + query_of_paths(arguments.paths));
  if (!there) return std::unexpected(there.error());
  auto socket = connect(*session);
  if (!socket) return std::unexpected(socket.error());
  if (auto sent = socket->send(model::to_json(*asked)); !sent) return sent;
  Watcher watcher(arguments);
  for (;;) {
    auto message = next_message(*socket);
    if (!message) return std::unexpected(message.error());
    const std::string op = text_of(*message, "op");
    if (op == "error") return fail(ErrorCode::invalid_argument, "{}", text_of(*message, "detail"));
    if (op == "token_expiring")
      if (auto sent = answer_expiry(*session, *socket); !sent) return sent;
    if ((op == "snapshot" || op == "changes") && !watcher.show(*message)) break;
  }
  socket->close();
  return {};
}

int watch_values(const WatchArguments& arguments) {
  const auto done = watch(arguments);
  std::fflush(stdout);
  return done ? kExitGood : report(done.error());
}

}  // namespace

void add_watch_command(CommandSpec& app) {
  auto arguments = std::make_shared<WatchArguments>();
  CommandSpec command =
      app.add_command("watch", "Values as they change, until Ctrl-C; first all of them");
  command.option("paths", arguments->paths, "paths, names or patterns; default: all")
      .offers(Offer::paths);
  command.option("--rate", arguments->rate,
                 "of each tag the latest value at most this often, like 1s");
  command.flag("--every", arguments->every, "also samples that repeat a value");
  command.option("--count", arguments->count, "end after this many lines").between(1, 1e9);
  command.flag("--json", arguments->json, "for programs: a line for each change");
  add_remote_options(command, arguments->remote);
  command.runs(arguments, watch_values);
}

}  // namespace tagwerk::console
