#include "store/migration.hpp"

namespace tagwerk::store {
namespace {

// No column is ever NULL: '' and 0 stand for "none".
const std::vector<Migration> kMigrations{
    {"project",
     {
         // The project as it is now; body is JSON.
         "CREATE TABLE items (kind {key} NOT NULL, name {path} NOT NULL, body {text} NOT NULL, "
         "PRIMARY KEY (kind, name))",
         // Rows stay for ever, so that an id is never given twice. valid_until 0: in use.
         "CREATE TABLE tag_ids (id {int} NOT NULL PRIMARY KEY, path {path} NOT NULL, "
         "valid_from {int} NOT NULL, valid_until {int} NOT NULL)",
         "CREATE INDEX tag_ids_path ON tag_ids (path, valid_until)",
         "CREATE TABLE revisions (revision {int} NOT NULL PRIMARY KEY, made_at {int} NOT NULL, "
         "who {key} NOT NULL, source {text} NOT NULL, summary {text} NOT NULL, "
         "changes {int} NOT NULL)",
         // With both bodies, so that any revision can be made again.
         "CREATE TABLE changes (revision {int} NOT NULL, ordinal {int} NOT NULL, "
         "what {key} NOT NULL, kind {key} NOT NULL, name {path} NOT NULL, detail {text} NOT NULL, "
         "old_body {text} NOT NULL, new_body {text} NOT NULL, PRIMARY KEY (revision, ordinal))",
         "CREATE TABLE applied_files (name {path} NOT NULL PRIMARY KEY, hash {key} NOT NULL, "
         "revision {int} NOT NULL, applied_at {int} NOT NULL)",
     }},
    {"accounts",
     {
         "CREATE TABLE users (id {int} NOT NULL PRIMARY KEY, name {key} NOT NULL UNIQUE, "
         "password_hash {text} NOT NULL, full_name {text} NOT NULL, email {text} NOT NULL, "
         "disabled {int} NOT NULL, created_at {int} NOT NULL)",
         "CREATE TABLE roles (name {key} NOT NULL PRIMARY KEY, rights {text} NOT NULL)",
         "CREATE TABLE grants (user_id {int} NOT NULL REFERENCES users (id), role {key} NOT NULL, "
         "subtree {path} NOT NULL, PRIMARY KEY (user_id, role, subtree))",
         "CREATE TABLE refresh_tokens (id {key} NOT NULL PRIMARY KEY, "
         "user_id {int} NOT NULL REFERENCES users (id), family {key} NOT NULL, hash {key} NOT "
         "NULL, "
         "issued_at {int} NOT NULL, expires_at {int} NOT NULL, revoked_at {int} NOT NULL)",
         "CREATE INDEX refresh_tokens_family ON refresh_tokens (family)",
         "CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id)",
         "CREATE TABLE setup_tokens (hash {key} NOT NULL PRIMARY KEY, expires_at {int} NOT NULL, "
         "used_at {int} NOT NULL)",
         // Last user id given: a user's id is never given to another.
         "CREATE TABLE counters (name {key} NOT NULL PRIMARY KEY, last_value {int} NOT NULL)",
         "INSERT INTO counters (name, last_value) VALUES ('user', 0)",
     }},
    {"audit",
     {
         "CREATE TABLE audit (id {int} NOT NULL PRIMARY KEY, made_at {int} NOT NULL, "
         "who {key} NOT NULL, origin {key} NOT NULL, action {key} NOT NULL, target {path} NOT "
         "NULL, "
         "old_value {text} NOT NULL, new_value {text} NOT NULL, outcome {key} NOT NULL, "
         "detail {text} NOT NULL)",
         "CREATE INDEX audit_target ON audit (target, id)",
         "CREATE INDEX audit_who ON audit (who, id)",
     }},
    {"keys and locks",
     {
         // A key's name is free again when it is revoked; its row stays for the list.
         "CREATE TABLE service_keys (id {int} NOT NULL PRIMARY KEY, name {key} NOT NULL, "
         "description {text} NOT NULL, hash {key} NOT NULL UNIQUE, created_at {int} NOT NULL, "
         "created_by {key} NOT NULL, expires_at {int} NOT NULL, last_used_at {int} NOT NULL, "
         "revoked_at {int} NOT NULL)",
         "CREATE TABLE key_grants (key_id {int} NOT NULL REFERENCES service_keys (id), "
         "role {key} NOT NULL, subtree {path} NOT NULL, PRIMARY KEY (key_id, role, subtree))",
         "CREATE TABLE locks (id {int} NOT NULL PRIMARY KEY, path {path} NOT NULL, "
         "who {key} NOT NULL, owner {key} NOT NULL, reason {text} NOT NULL, "
         "locked_at {int} NOT NULL, until_at {int} NOT NULL)",
         "INSERT INTO counters (name, last_value) VALUES ('key', 0)",
         "INSERT INTO counters (name, last_value) VALUES ('lock', 0)",
     }},
    {"renamed tags",
     {
         // A tag that is renamed keeps its id: one row for each path it had, from revision to
         // revision. Rows stay for ever, so that an id is never given twice. valid_until 0: in use.
         "CREATE TABLE tag_paths (id {int} NOT NULL, path {path} NOT NULL, "
         "valid_from {int} NOT NULL, valid_until {int} NOT NULL, PRIMARY KEY (id, valid_from))",
         "INSERT INTO tag_paths (id, path, valid_from, valid_until) "
         "SELECT id, path, valid_from, valid_until FROM tag_ids",
         "CREATE INDEX tag_paths_path ON tag_paths (path, valid_until)",
         "DROP TABLE tag_ids",
     }},
};

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

std::string for_dialect(std::string_view statement, const Dialect& dialect) {
  std::string out;
  while (true) {
    const auto open = statement.find('{');
    out += statement.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = statement.find('}', open);
    out += dialect.column_type(statement.substr(open + 1, close - open - 1));
    statement.remove_prefix(close + 1);
  }
}

}  // namespace tagwerk::store
