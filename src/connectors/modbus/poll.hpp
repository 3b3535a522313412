#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <tagwerk/connector.hpp>

#include "connectors/modbus/client.hpp"
#include "connectors/modbus/group_plan.hpp"
#include "connectors/modbus/point.hpp"

namespace tagwerk::connectors::modbus {

/// One poll of a group: its blocks one after the other. A block that the device refuses with
/// exception 2 or 3 is halved until the refused items are alone; they turn bad and are left out
/// from then on. So is one that fails twice in a row as if something behind a register were broken
/// (4, 8, 10, 11); if none of its halves is answered either, it is the device that is broken. When
/// nothing refused is found, the block was too long or spanned a hole: it is cut from then on.
class Poll : public std::enable_shared_from_this<Poll> {
 public:
  /// Addresses refused for the first time, for the log.
  using Refused = std::function<void(std::string)>;

  /// The group must live until done is called or the client is closed.
  Poll(std::shared_ptr<Client> client, PointGroup& group, Connector::PollDone done,
       Refused refused);
  void run();

 private:
  using Block = GroupPlan::Block;
  using ExceptionCode = protocol::modbus::ExceptionCode;
  struct Task {
    Block block;
    std::size_t root = 0;  ///< index into roots_
  };
  struct Found {
    GroupPlan::Item item;
    ExceptionCode code;
  };
  /// A block as it was planned.
  struct Root {
    Block block;
    bool halved = false;
    bool explained = false;  ///< a refused item was found, or it is not known to the end
    bool answered = false;   ///< something of it was
    int failures = 0;        ///< exceptions that can be the device's
    bool searching = false;  ///< for what makes it fail
    bool hopeless = false;   ///< nothing of it is answered; not asked any further
    Quality quality{};       ///< of the last exception
    std::vector<Found> broken{};
  };

  void add_root(const Block& block);
  void next();
  void take(const Task& task, Result<protocol::modbus::Response> result);
  void take_values(const Task& task, std::span<const std::uint16_t> values);
  void take_exception(const Task& task, ExceptionCode code);
  void take_failure(const Task& task, ExceptionCode code);
  void take_refusal(const Task& task, ExceptionCode code);
  bool halve(const Task& task);
  void give_bad(const Block& block, Quality quality);
  void give_known_refused();
  void finish(Status device);
  void learn();
  void learn_from(const Root& root);
  void refuse(const Found& found, Duration retry_after);
  void tell();

  std::shared_ptr<Client> client_;
  PointGroup& group_;
  Connector::PollDone done_;
  Refused told_;
  std::deque<Task> tasks_;
  std::vector<Root> roots_;
  std::vector<Sample> samples_;
  std::size_t budget_;
  std::vector<Found> found_;  ///< refused for the first time
  bool asked_ = false;
  bool learned_ = false;
};

}  // namespace tagwerk::connectors::modbus
