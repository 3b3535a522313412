#include <algorithm>

#include "access/explanation.hpp"
#include "access/missing_right.hpp"
#include "access/server_access.hpp"
#include "base/time.hpp"
#include "model/nearest_name.hpp"

/// What people ask when they want to know why: frames, test reads, a tag's story.
namespace tagwerk::access {
namespace {

using auth::Right;
using model::Node;

constexpr Duration kTestWithin = std::chrono::seconds(14);
constexpr Duration kEvidenceWithin = std::chrono::seconds(2);
constexpr std::uint32_t kMostFrames = 10'000;

/// The settings of a connector's body: all but what the server itself reads.
Node settings_of(const Node& body) {
  Node out = body;
  std::erase_if(out.entries, [](const auto& entry) {
    return entry.first == "type" || entry.first == "enabled";
  });
  return out;
}

const Node* settings_in(const Node& question) {
  const Node* settings = question.find("settings");
  return settings == nullptr || settings->is_null() ? nullptr : settings;
}

/// What is asked about a tag.
Node evidence_question(const model::TagDefinition& tag) {
  Node out = Node::mapping();
  out.set("device", Node::text_of(tag.source->device));
  out.set("address", Node::text_of(tag.source->address));
  out.set("dtype", Node::text_of(tag.source->dtype));
  out.set("order", Node::text_of(tag.source->order));
  out.set("type", Node::text_of(to_string(tag.type)));
  return out;
}

std::string text_of(const Node& body, std::string_view key) {
  const Node* node = body.find(key);
  return node != nullptr && node->is_scalar() ? node->text : std::string();
}

/// The time of the frame that answered.
UtcTime time_of_answer(const Node& evidence) {
  const Node* frames = evidence.find("frames");
  if (frames == nullptr || frames->items.size() < 2) return kNever;
  return base::parse_rfc3339(text_of(frames->items.back(), "time")).value_or(kNever);
}

}  // namespace

void ServerAccess::connector_trace(Caller caller, std::string connector, TraceQuery query,
                                   Done<TraceParts> done) {
  if (!caller.principal->can(Right::control)) return done(missing_right("control"));
  link::TraceRequest request{.after = query.after.value_or(0),
                             .limit = std::clamp<std::uint32_t>(query.limit, 1, kMostFrames),
                             .newest = !query.after,
                             .with_text = query.with_text,
                             .device = std::move(query.device)};
  parts_.supervisor.trace(std::move(connector), std::move(request), std::move(done));
}

bool ServerAccess::is_running(std::string_view connector) const {
  const auto all = parts_.supervisor.connectors();
  const auto found = std::ranges::find(*all, connector, &supervisor::ConnectorStatus::name);
  return found != all->end() && found->state == supervisor::ConnectorState::running;
}

/// For a process of its own: settings that were given, or those of a connector that does not run.
Result<supervisor::Probe::Question> ServerAccess::unsaved_question(const std::string& connector,
                                                                   const Node& question) const {
  const auto plant = configuration_.plant();
  const auto* saved = plant == nullptr ? nullptr : plant->connector(connector);
  const Node* given = settings_in(question);
  if (given == nullptr && saved == nullptr)
    return fail(ErrorCode::not_found,
                "there is no connector '{}'; give its 'settings' to test before it is saved",
                connector);
  if (given != nullptr && !given->is_mapping())
    return fail(ErrorCode::invalid_argument, "'settings' must be an object like {{\"host\": …}}");
  const auto types = parts_.catalogue.types();
  std::string type = given != nullptr ? text_of(*given, "type") : "";
  if (type.empty()) type = saved != nullptr ? saved->type : types.size() == 1 ? types.front() : "";
  if (std::ranges::find(types, type) == types.end())
    return fail(ErrorCode::invalid_argument, "unknown connector type '{}' in 'settings'{}", type,
                model::suggestion(type, types));
  auto settings =
      supervisor::with_secrets(given != nullptr ? settings_of(*given) : saved->settings);
  if (!settings) return std::unexpected(settings.error());
  Node whole = question;
  whole.set("name", Node::text_of(connector));
  whole.set("settings", std::move(*settings));
  return supervisor::Probe::Question{std::move(type), "test", model::to_json(whole), kTestWithin};
}

void ServerAccess::ask_device(const std::string& connector, const Node& question,
                              supervisor::Session::Replied done) {
  if (settings_in(question) == nullptr && is_running(connector))
    return parts_.supervisor.ask(connector, "test", model::to_json(question), kTestWithin,
                                 std::move(done));
  auto unsaved = unsaved_question(connector, question);
  if (!unsaved) return done(std::unexpected(unsaved.error()));
  parts_.supervisor.try_out(std::move(*unsaved), std::move(done));
}

void ServerAccess::test_connector(Caller caller, std::string connector, Node question,
                                  Done<Node> done) {
  if (!caller.principal->can(Right::configure)) return done(missing_right("configure"));
  AuditEntry entry{.who = caller.principal->name(),
                   .origin = caller.origin,
                   .action = "connector test",
                   .target = connector,
                   .detail = text_of(question, "address")};
  ask_device(
      connector, question,
      [this, entry = std::move(entry), done = std::move(done)](Result<std::string> reply) mutable {
        auto answer = reply ? model::parse_json(*reply, "the connector's answer")
                            : Result<Node>(std::unexpected(reply.error()));
        entry.at = base::utc_now();
        entry.outcome = answer && text_of(*answer, "ok") == "true" ? "Good" : "Bad";
        record(std::move(entry), [answer = std::move(answer), done = std::move(done)](
                                     const Status&) mutable { done(std::move(answer)); });
      });
}

void ServerAccess::why(Caller caller, TagId tag, Done<Why> done) {
  Why why{.plant = configuration_.plant()};
  if (why.plant == nullptr)
    return done(fail(ErrorCode::unavailable, "the server is starting; try again"));
  why.tag = why.plant->by_id(tag);
  if (why.tag == nullptr || !caller.principal->can(Right::read, why.tag->definition.path))
    return done(fail(ErrorCode::not_found, "there is no tag {}", tag));
  const model::TagDefinition& definition = why.tag->definition;
  if (!definition.source || !is_running(definition.source->connector))
    return finish_why(caller, std::move(why), std::move(done));
  const std::string connector = definition.source->connector;
  const std::string question = model::to_json(evidence_question(definition));
  parts_.supervisor.ask(connector, "evidence", question, kEvidenceWithin,
                        [this, caller, why = std::move(why),
                         done = std::move(done)](const Result<std::string>& reply) mutable {
                          // Without evidence there is still a story to tell.
                          if (reply)
                            if (auto evidence = model::parse_json(*reply, "the connector's answer"))
                              why.evidence = std::move(*evidence);
                          finish_why(caller, std::move(why), std::move(done));
                        });
}

void ServerAccess::find_last_write(const std::string& path, Done<std::optional<AuditEntry>> done) {
  on_store<std::optional<AuditEntry>>(
      std::move(done), [this, path]() -> Result<std::optional<AuditEntry>> {
        auto page = parts_.audit.query({.action = "write", .subtree = path, .limit = 100});
        if (!page) return std::unexpected(page.error());
        // Newest first; what lies below the tag is not the tag.
        const auto found = std::ranges::find(page->entries, path, &AuditEntry::target);
        if (found == page->entries.end()) return std::nullopt;
        return std::optional(std::move(*found));
      });
}

void ServerAccess::finish_why(const Caller& caller, Why why, Done<Why> done) {
  const std::string path = why.tag->definition.path;
  find_last_write(path, [this, caller, why = std::move(why),
                         done = std::move(done)](Result<std::optional<AuditEntry>> write) mutable {
    if (!write) return done(std::unexpected(write.error()));
    why.last_write = std::move(*write);
    why.current = current(*why.tag);
    why.scaling = describe_scaling(why.tag->definition);
    why.last_read = time_of_answer(why.evidence);
    const auto all = parts_.supervisor.connectors();
    const auto& source = why.tag->definition.source;
    const auto found =
        source ? std::ranges::find(*all, source->connector, &supervisor::ConnectorStatus::name)
               : all->end();
    const Node* raw = why.evidence.find("raw");
    why.explanation = explain({.tag = *why.tag,
                               .current = why.current,
                               .connector = found == all->end() ? nullptr : &*found,
                               .registers = text_of(why.evidence, "registers"),
                               .raw = raw == nullptr ? "" : model::to_json(*raw),
                               .exception = text_of(why.evidence, "exception"),
                               .last_write = why.last_write ? &*why.last_write : nullptr});
    if (why.evidence.is_mapping() && !caller.principal->can(Right::read))
      why.evidence.set("frames", Node::sequence());
    done(std::move(why));
  });
}

}  // namespace tagwerk::access
