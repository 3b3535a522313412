#include <cstdio>
#include <memory>

#include "console/answer.hpp"
#include "console/columns.hpp"
#include "console/command_spec.hpp"
#include "console/commands.hpp"
#include "console/exit_code.hpp"
#include "console/server_session.hpp"
#include "net/url.hpp"

/// `tagwerk tree`
namespace tagwerk::console {
namespace {

using model::Node;

struct TreeArguments {
  RemoteOptions remote;
  std::string path = "/";
  int depth = 32;
  bool json = false;
};

/// "float bar", "Pump", "int, writable".
std::string kind_of(const Node& node) {
  std::string out = text_of(node, "type");
  const Node* tag = node.find("tag");
  if (tag == nullptr) return out;
  if (const std::string unit = text_of(*tag, "unit"); !unit.empty()) out += " " + unit;
  if (is_true(*tag, "writable")) out += ", writable";
  return out;
}

void add_below(Columns& out, const Node& node, const std::string& indent) {
  const auto& children = items_of(node, "children");
  for (std::size_t i = 0; i < children.size(); ++i) {
    const bool last = i + 1 == children.size();
    const Node& child = children[i];
    std::string note = text_of(child, "description");
    // Cut off by --depth: says how much is there.
    if (items_of(child, "children").empty() && integer_of(child, "child_count") > 0)
      note +=
          fmt::format("{}({} below)", note.empty() ? "" : " ", integer_of(child, "child_count"));
    out.add({indent + (last ? "└── " : "├── ") + text_of(child, "name"), kind_of(child), note});
    add_below(out, child, indent + (last ? "    " : "│   "));
  }
}

int show_tree(const TreeArguments& arguments) {
  auto session = ServerSession::open(arguments.remote);
  if (!session) return report(session.error());
  auto root = session->get(fmt::format("/api/tree?path={}&depth={}",
                                       net::percent_encode(arguments.path), arguments.depth));
  if (!root) return report(root.error());
  if (arguments.json) {
    print_json(*root);
    return kExitGood;
  }
  Columns out;
  out.add({text_of(*root, "path"), kind_of(*root), text_of(*root, "description")});
  add_below(out, *root, "");
  out.print();
  if (is_true(*root, "truncated"))
    std::fprintf(stderr, "tagwerk: there is more; name a path below, or give --depth\n");
  return kExitGood;
}

}  // namespace

void add_tree_command(CommandSpec& app) {
  auto arguments = std::make_shared<TreeArguments>();
  CommandSpec command = app.add_command("tree", "Objects and tags below a path");
  command.option("path", arguments->path, "where to begin").offers(Offer::paths).shows_default();
  command.option("--depth", arguments->depth, "how many levels").between(0, 32).shows_default();
  command.flag("--json", arguments->json, "for programs");
  add_remote_options(command, arguments->remote);
  command.runs(arguments, show_tree);
}

}  // namespace tagwerk::console
