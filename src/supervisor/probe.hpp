#pragma once

#include <memory>
#include <string>

#include "net/event_loop.hpp"
#include "supervisor/managed_connector.hpp"
#include "supervisor/process.hpp"
#include "supervisor/session.hpp"

namespace tagwerk::supervisor {

/// A connector's process for one question about settings that nobody has saved: started without a
/// configuration, asked over the link as any other, ended when it has answered. It collects
/// nothing, and a crash in it costs nobody anything. Threads: the loop's Owns:    its process and
/// its directory DATA/connectors/NAME, which goes with it
class Probe final : private Session::Owner {
 public:
  struct Question {
    std::string type;  ///< of the connector
    std::string what;  ///< "test"
    std::string json;
    Duration within;  ///< from the start of the process
  };

  /// `done` is called once, also when this is destroyed before.
  Probe(ConnectorContext& context, std::string name, Question question, Session::Replied done);
  ~Probe() override;

  void start();
  /// Takes or refuses a connection that said this name.
  void accept(const std::shared_ptr<Session>& session, const link::Hello& hello);
  /// Its question is answered and its process is gone.
  bool ended() const { return done_ == nullptr && process_ == nullptr; }

  const std::string& name() const { return name_; }

  /// What a killed server left behind.
  static void remove_leftovers(const std::string& data_dir);
  /// A name that no connector of a project can have.
  static std::string name_of(std::uint64_t number);

 private:
  void on_configured(const link::Configured&) override {}
  void on_configuration_error(const link::ConfigurationError&) override {}
  void on_log(const link::Log&) override {}
  void on_state(const link::State&) override {}
  void on_closed(const std::string& why) override;
  const std::vector<Slot>* slots_of(std::uint64_t) override { return nullptr; }

  void on_ended(const std::string& how);
  void finish(Result<std::string> answer);

  ConnectorContext& context_;
  const std::string name_;
  const std::string directory_;
  const Question question_;
  Session::Replied done_;  ///< null once called
  MonoTime deadline_{};
  std::unique_ptr<Process> process_;
  std::shared_ptr<Session> session_;
  net::Timer timer_;  ///< patience for the answer, then for the end
};

}  // namespace tagwerk::supervisor
