# Write the runtime's modules as C++ raw strings, separated by commas.
set(text "// Written by EmbedRuntime.cmake; do not edit.\n")
foreach(input IN LISTS INPUTS)
  file(READ ${input} module)
  # What clang says of this machine; the target is the user's.
  string(REGEX REPLACE "\n(target|source_filename)[^\n]*" "" module "${module}")
  string(REGEX REPLACE " \"(target-cpu|target-features|tune-cpu)\"=\"[^\"]*\"" "" module "${module}")
  string(APPEND text "R\"ir(${module})ir\",\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
