#pragma once

#include <span>

#include "servers/http/call.hpp"
#include "servers/http/router.hpp"

namespace tagwerk::servers::http {

/// Every route of the API, in the order of the OpenAPI document. A test compares the two.
std::span<const Route> all_routes();

// status.cpp, metrics.cpp, openapi.cpp
void get_healthz(Call call);
void get_readyz(Call call);
void get_metrics(Call call);
void get_status(Call call);
void get_openapi(Call call);

// login.cpp
void post_login(Call call);
void post_login_refresh(Call call);
void post_logout(Call call);
void get_setup(Call call);
void post_setup(Call call);

// users.cpp
void get_own_user(Call call);
void get_users(Call call);
void post_users(Call call);
void put_user(Call call);
void delete_user(Call call);
void post_user_password(Call call);
void delete_user_sessions(Call call);

// roles.cpp
void get_roles(Call call);
void post_roles(Call call);
void put_role(Call call);
void delete_role(Call call);

// keys.cpp
void get_keys(Call call);
void post_keys(Call call);
void delete_key(Call call);
void post_secret_rotate(Call call);

// locks.cpp
void get_locks(Call call);
void post_locks(Call call);
void delete_lock(Call call);

// values.cpp
void get_values(Call call);
void put_values(Call call);

// tree.cpp, objects.cpp, copy.cpp
void get_tree(Call call);
void get_objects(Call call);
void post_objects(Call call);
void put_objects(Call call);
void delete_objects(Call call);
void post_objects_copy(Call call);

// tags.cpp
void get_tags(Call call);
void post_tags(Call call);
void get_tag(Call call);
void put_tag(Call call);
void delete_tag(Call call);

// types.cpp
void get_types(Call call);
void post_types(Call call);
void get_type(Call call);
void put_type(Call call);
void delete_type(Call call);

// edit.cpp, project.cpp, revisions.cpp
void post_edit(Call call);
void post_import(Call call);
void get_export(Call call);
void get_revisions(Call call);
void get_revision(Call call);
void post_revision_restore(Call call);

// connector_definitions.cpp
void post_connectors(Call call);
void put_connector(Call call);
void delete_connector(Call call);

// connectors.cpp
void get_connectors(Call call);
void get_connector(Call call);
void post_connector_start(Call call);
void post_connector_stop(Call call);
void post_connector_restart(Call call);
void get_connector_log(Call call);

// diagnosis.cpp
void get_connector_trace(Call call);
void post_connector_test(Call call);
void get_tag_why(Call call);

// backup.cpp
void get_backup(Call call);

// audit.cpp
void get_audit(Call call);

// live_socket.cpp
void get_live_socket(Call call);

}  // namespace tagwerk::servers::http
