#include "base/log.hpp"

#include <mutex>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace tagwerk::base {
namespace {

struct Logging {
  std::mutex mutex;
  std::string prefix;
  std::shared_ptr<spdlog::sinks::sink> sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  spdlog::level::level_enum level = spdlog::level::info;
};

Logging& logging() {
  static Logging instance;
  return instance;
}

}  // namespace

std::shared_ptr<spdlog::logger> logger(std::string_view name) {
  Logging& log = logging();
  const std::lock_guard lock(log.mutex);
  const std::string full = log.prefix + std::string(name);
  if (auto known = spdlog::get(full)) return known;
  auto made = std::make_shared<spdlog::logger>(full, log.sink);
  made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-7l [%n] %v", spdlog::pattern_time_type::utc);
  made->set_level(log.level);
  made->flush_on(spdlog::level::info);
  spdlog::register_logger(made);
  return made;
}

void configure_logging(std::string_view level, std::string_view prefix) {
  Logging& log = logging();
  const std::lock_guard lock(log.mutex);
  log.prefix = prefix;
  log.level = spdlog::level::from_str(std::string(level));
  spdlog::apply_all(
      [&](const std::shared_ptr<spdlog::logger>& each) { each->set_level(log.level); });
}

}  // namespace tagwerk::base
