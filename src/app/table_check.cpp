#include <algorithm>
#include <cstdio>
#include <optional>

#include "app/command_line.hpp"
#include "app/table_commands.hpp"
#include "app/table_json.hpp"
#include "table/inspection.hpp"

/// `tagwerk table check`
namespace tagwerk::app {
namespace {

/// A writer that says nothing for so long hangs; it beats twice a second.
constexpr Duration kHeartbeatLimit = std::chrono::seconds{5};

/// One segment of a table, looked at.
struct SegmentReport {
  std::string kind;  ///< "posix", "sysv"
  std::string name;  ///< its path; key and id
  tagwerk_table_information information{};
  table::Inspection inspection;
  std::vector<std::string> faults;  ///< those of the inspection included
  bool opened = false;
};

struct TableReport {
  std::string instance;
  std::vector<SegmentReport> segments;
  std::optional<table::Comparison> comparison;
  std::vector<std::string> faults;  ///< of the table as a whole

  std::size_t fault_count() const {
    std::size_t count = faults.size();
    for (const auto& segment : segments)
      count += segment.faults.size();
    return count;
  }
};

void judge_writer(SegmentReport& report) {
  const auto& information = report.information;
  if (information.writer_alive == 0)
    report.faults.push_back(
        fmt::format("the values are old: its writer was {}", describe_writer(information)));
  else if (Duration{information.heartbeat_age_ns} > kHeartbeatLimit)
    report.faults.push_back(fmt::format("process {} lives but was not heard of for {}",
                                        information.writer_pid,
                                        to_age(information.heartbeat_age_ns)));
}

SegmentReport look_at(std::string kind, std::string name, const Result<table::Reader>& reader) {
  SegmentReport report{.kind = std::move(kind), .name = std::move(name)};
  if (!reader) {
    report.faults.push_back(reader.error().message);
    return report;
  }
  report.opened = true;
  report.information = reader->information();
  judge_writer(report);
  report.inspection = table::inspect(reader->view());
  const auto& texts = report.inspection.texts;
  report.faults.insert(report.faults.end(), texts.begin(), texts.end());
  if (report.inspection.faults > texts.size())
    report.faults.push_back(
        fmt::format("and {} faults more", report.inspection.faults - texts.size()));
  return report;
}

void compare_segments(TableReport& report, const table::Reader& first,
                      const Result<table::Reader>& second) {
  if (!second) return;
  if (report.instance != second->information().instance) {
    report.faults.push_back(fmt::format("System V key {} leads to the table '{}'",
                                        table::to_string_of_key(first.information().sysv_key),
                                        second->information().instance));
    return;
  }
  report.comparison = table::compare(first, *second);
  if (report.comparison->different > 0)
    report.faults.push_back(
        fmt::format("{} tags differ between the two segments", report.comparison->different));
}

TableReport look_at(const table::InstanceRecord& record) {
  TableReport report{.instance = record.instance, .segments = {}, .comparison = {}, .faults = {}};
  const auto posix = table::Reader::open(record.instance);
  if (record.has_name)
    report.segments.push_back(look_at("posix", table::segment_path(record.instance), posix));
  else
    report.faults.push_back(
        fmt::format("{} is gone; restart the writer", table::segment_path(record.instance)));
  if (record.sysv_key == 0) return report;
  const auto sysv = table::Reader::open_sysv(record.sysv_key);
  report.segments.push_back(
      look_at("sysv", fmt::format("key {}", table::to_string_of_key(record.sysv_key)), sysv));
  if (posix) compare_segments(report, *posix, sysv);
  return report;
}

void print(const SegmentReport& report) {
  std::printf("  %-9s %s\n", report.kind.c_str(), report.name.c_str());
  if (report.opened) {
    const auto& information = report.information;
    const auto& found = report.inspection;
    std::printf("    memory    %s reserved, %s used, mode %04o, owner %u\n",
                to_size(information.segment_bytes).c_str(), to_size(information.used_bytes).c_str(),
                information.mode, information.owner_uid);
    std::printf("    layout    version %u, generation %llu\n", information.layout_version,
                static_cast<unsigned long long>(information.generation));
    std::printf("    writer    %s, heard of %s ago\n", describe_writer(information).c_str(),
                to_age(information.heartbeat_age_ns).c_str());
    std::printf("    slots     %u of %u used, %u torn, %u of an open batch\n", found.tags,
                information.slot_capacity, found.torn, found.open_batch);
    std::printf("    directory change %llu, %u tags in %u buckets%s\n",
                static_cast<unsigned long long>(information.directory), found.tags, found.buckets,
                found.unsteady ? ", changing all the time" : "");
  }
  for (const std::string& fault : report.faults)
    std::printf("    WRONG     %s\n", fault.c_str());
}

void print(const TableReport& report) {
  const auto count = report.fault_count();
  std::printf("table %s: %s\n", report.instance.c_str(),
              count == 0 ? "good" : fmt::format("{} faults", count).c_str());
  for (const auto& segment : report.segments)
    print(segment);
  if (report.comparison)
    std::printf("  both      %u tags the same, %u one publish behind, %u different\n",
                report.comparison->same, report.comparison->behind, report.comparison->different);
  for (const std::string& fault : report.faults)
    std::printf("  WRONG     %s\n", fault.c_str());
}

void write_faults(JsonWriter& json, const std::vector<std::string>& faults) {
  json.key("faults").open_array();
  for (const std::string& fault : faults)
    json.value(fault);
  json.close_array();
}

void write(JsonWriter& json, const SegmentReport& report) {
  json.open_object().member("kind", report.kind).member("name", report.name);
  if (report.opened) {
    write_information(json, report.information);
    json.member("torn", report.inspection.torn)
        .member("open_batch", report.inspection.open_batch)
        .member("buckets", report.inspection.buckets)
        .member("unsteady", report.inspection.unsteady);
  }
  write_faults(json, report.faults);
  json.close_object();
}

void write(JsonWriter& json, const TableReport& report) {
  json.open_object()
      .member("instance", report.instance)
      .member("good", report.fault_count() == 0)
      .key("segments")
      .open_array();
  for (const auto& segment : report.segments)
    write(json, segment);
  json.close_array();
  if (report.comparison)
    json.key("both")
        .open_object()
        .member("same", report.comparison->same)
        .member("behind", report.comparison->behind)
        .member("different", report.comparison->different)
        .close_object();
  write_faults(json, report.faults);
  json.close_object();
}

void print(const std::vector<TableReport>& reports, bool as_json) {
  if (!as_json) {
    for (const auto& report : reports)
      print(report);
    return;
  }
  std::string text;
  JsonWriter json(text);
  json.open_object().key("items").open_array();
  for (const auto& report : reports)
    write(json, report);
  json.close_array().close_object();
  std::printf("%s\n", text.c_str());
}

}  // namespace

int check_tables(const TableArguments& arguments) {
  std::vector<TableReport> reports;
  for (const auto& record : table::list_instances())
    if (arguments.instance.empty() || record.instance == arguments.instance)
      reports.push_back(look_at(record));
  if (reports.empty())
    return report(fail(ErrorCode::not_found, "there is no table{}; start a server",
                       arguments.instance.empty() ? " on this machine"
                                                  : fmt::format(" '{}'", arguments.instance))
                      .error());
  print(reports, arguments.json);
  const bool good =
      std::ranges::all_of(reports, [](const auto& each) { return each.fault_count() == 0; });
  return good ? kExitGood : kExitFailed;
}

}  // namespace tagwerk::app
