# Write the runtime's modules as C++ raw strings, separated by commas.
set(text "// Written by EmbedRuntime.cmake; do not edit.\n")
foreach(input IN LISTS INPUTS)
  file(READ ${input} module)
  string(APPEND text "R\"ir(${module})ir\",\n")
endforeach()
file(WRITE ${OUTPUT} "${text}")
