# tagwerk_embed_web(TARGET)
#
# Puts the web interface into TARGET, which then has embedded_assets() of src/servers/http/assets.hpp. Call it in the
# folder that makes TARGET. Runs `npm install --no-save` when the lock file changed (not `npm ci`: newer npm versions
# refuse a lock file that does not name the optional packages of every other platform), `vite build` and web/pack.mjs when a source did.
# With TAGWERK_WEB=OFF there is one page that says so. Works with Debian 12's own node 18 and npm 9.
function(tagwerk_embed_web target)
  set(web ${PROJECT_SOURCE_DIR}/web)
  if(NOT TAGWERK_WEB)
    target_sources(${target} PRIVATE ${web}/not_built.cpp)
    return()
  endif()

  find_program(TAGWERK_NODE NAMES node nodejs)
  find_program(TAGWERK_NPM NAMES npm)
  if(NOT TAGWERK_NODE OR NOT TAGWERK_NPM)
    message(FATAL_ERROR "The web interface needs node (18.18 or newer) and npm: apt-get install nodejs npm, "
                        "or leave it out with -DTAGWERK_WEB=OFF")
  endif()

  # npm writes this file last, so it says when the packages were installed; all build folders share them.
  set(installed ${web}/node_modules/.package-lock.json)
  add_custom_command(
    OUTPUT ${installed}
    COMMAND ${TAGWERK_NPM} install --no-save --no-progress --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E touch ${installed}
    DEPENDS ${web}/package-lock.json ${web}/package.json ${web}/.npmrc
    WORKING_DIRECTORY ${web}
    COMMENT "Installing the packages of the web interface"
    VERBATIM)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/* ${web}/apidocs/*)
  list(FILTER sources EXCLUDE REGEX "\\.test\\.ts$")
  set(out ${CMAKE_CURRENT_BINARY_DIR}/web)
  add_custom_command(
    OUTPUT ${out}/assets.cpp ${out}/assets.S ${out}/assets.bin
    COMMAND ${TAGWERK_NODE} node_modules/vite/bin/vite.js build --logLevel warn --outDir ${out}/dist --emptyOutDir
    COMMAND ${TAGWERK_NODE} pack.mjs ${out} ${out}/dist
    DEPENDS ${sources} ${installed} ${web}/index.html ${web}/vite.config.ts ${web}/svelte.config.js ${web}/tsconfig.json
            ${web}/pack.mjs
    WORKING_DIRECTORY ${web}
    COMMENT "Building the web interface"
    VERBATIM)
  set_source_files_properties(${out}/assets.S PROPERTIES OBJECT_DEPENDS ${out}/assets.bin COMPILE_OPTIONS "-I${out}")
  target_sources(${target} PRIVATE ${out}/assets.cpp ${out}/assets.S)
endfunction()
