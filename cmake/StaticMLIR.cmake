# Link MLIR and LLVM statically.
#
# Debian's exported MLIR targets are static archives that pull in the shared libLLVM. The extension
# module lives in one process with other copies of LLVM (IREE's, JAX's, PyTorch's) and is installed
# where no LLVM is, so it must carry the little of LLVM that it needs and show none of its symbols.
llvm_map_components_to_libnames(XFORM_LLVM_LIBS support core binaryformat bitreader bitwriter
  frontendopenmp targetparser asmparser irreader transformutils analysis)
foreach(target IN LISTS MLIR_ALL_LIBS MLIR_EXPORTED_TARGETS)
  if(NOT TARGET ${target})
    continue()
  endif()
  get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
  if(links AND "LLVM" IN_LIST links)
    list(REMOVE_ITEM links LLVM)
    list(APPEND links LLVMSupport LLVMCore)
    set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${links}")
  endif()
endforeach()
