#include <cstdio>
#include <memory>

#include "app/command_line.hpp"
#include "app/demo.hpp"
#include "app/server.hpp"
#include "app/settings_keys.hpp"
#include "app/signals.hpp"

namespace tagwerk::app {
namespace {

/// What serve and demo take alike; a file given with --config comes first.
struct ServerArguments {
  std::string config;
  std::string data;
  std::string http;
  std::string bootstrap_admin;
  std::vector<std::string> projects;
  bool insecure = false;
  bool lan = false;
  bool show_keys = false;

  void add_to(CommandSpec& command) {
    command.option("--config", config, "tagwerk.yaml with the server's own settings");
    command.option("--data", data, "directory for everything the server keeps");
    command.option("--http", http, "ADDR:PORT to listen on; port 0 picks a free one");
    command.option("--bootstrap-admin", bootstrap_admin,
                   "file with one line name:password; makes the first administrator");
    command.option("--project", projects, "project file, applied when its content changed");
    command.flag("--lan", lan, "listen on all addresses, with a certificate of its own making");
    command.flag("--insecure", insecure, "allow plain HTTP on addresses others can reach");
    command.flag("--config-keys", show_keys, "print the keys of tagwerk.yaml and end");
  }

  Result<ServerSettings> settings(const std::string& default_data) const {
    ServerSettings out;
    out.data = default_data;
    if (!config.empty())
      if (auto read = read_settings(config, out); !read) return std::unexpected(read.error());
    if (!data.empty()) out.data = data;
    out.bootstrap_admin = bootstrap_admin;
    out.insecure |= insecure;
    out.lan |= lan;
    out.projects.insert(out.projects.end(), projects.begin(), projects.end());
    if (!http.empty()) {
      auto address = parse_listen_address(http);
      if (!address) return std::unexpected(address.error());
      out.http = *address;
    }
    return out;
  }
};

/// Runs until a signal ends it.
int serve(ServerSettings settings) {
  block_ending_signals();
  auto server = Server::start(std::move(settings));
  if (!server) {
    report(server.error());
    return kExitFailed;
  }
  std::printf("listening on %s\n", (*server)->url().c_str());
  std::fflush(stdout);
  wait_for_ending_signal([&server] { (*server)->reload(); });
  return kExitGood;
}

int demo(ServerSettings settings) {
  block_ending_signals();
  auto plant = DemoPlant::start();
  if (!plant) {
    report(plant.error());
    return kExitFailed;
  }
  settings.demo_admin = settings.bootstrap_admin.empty();
  settings.built_in_projects.push_back((*plant)->project());
  return serve(std::move(settings));
}

int print_settings_keys() {
  for (const SettingsKey& key : settings_keys())
    std::printf("%-30s %s\n", std::string(key.name).c_str(), std::string(key.what).c_str());
  return kExitGood;
}

void add(CommandSpec& app, const std::string& name, const std::string& description,
         const std::string& default_data, int (*run)(ServerSettings)) {
  auto arguments = std::make_shared<ServerArguments>();
  CommandSpec command = app.add_command(name, description);
  arguments->add_to(command);
  command.runs([arguments, default_data, run] {
    if (arguments->show_keys) return print_settings_keys();
    auto settings = arguments->settings(default_data);
    if (settings) return run(std::move(*settings));
    report(settings.error());
    return kExitFailed;
  });
}

}  // namespace

void add_server_commands(CommandSpec& app) {
  add(app, "serve", "Run the server", "tagwerk-data", serve);
  add(app, "demo", "Run the server with a simulated pump station", "demo-data", demo);
}

}  // namespace tagwerk::app
