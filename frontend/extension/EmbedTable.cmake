# Write a JSON file as a C++ raw string.
file(READ ${INPUT} table)
file(WRITE ${OUTPUT} "// Written by EmbedTable.cmake; do not edit.\nstatic const char kPrimitiveTable[] = R\"json(${table})json\";\n")
