// GET /api/backup.

#include "servers/http/http_api.hpp"
#include "servers/http/routes.hpp"

namespace tagwerk::servers::http {

void get_backup(Call call) {
  access::Access& access = call.api.access();
  access::Caller caller = call.caller();
  access.backup(
      std::move(caller), [call = std::move(call)](Result<store::SpooledBackup> backup) mutable {
        if (!backup) return call.fail(backup.error());
        call.reply(net::Response(200, "application/zstd", std::move(backup->file))
                       .header("Content-Disposition", fmt::format("attachment; filename=\"{}\"",
                                                                  backup->manifest.file_name()))
                       .header("Cache-Control", "no-store"));
      });
}

}  // namespace tagwerk::servers::http
