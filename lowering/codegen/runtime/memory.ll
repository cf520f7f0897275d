; memcpy, memmove and memset, which LLVM makes of loops.
;
; From 64 bytes on they take blocks of 64, and one block more that ends where
; the memory ends and overlaps the last of them. memmove reads that block first,
; since what it overlaps may be written by then. Smaller sizes are taken 8 bytes
; at a time, and single ones after that. No function may become a call of itself
; ("no-builtins").

define hidden ptr @memcpy(ptr noalias %to, ptr noalias %from, i64 %size) #0 {
  call fastcc void @forward(ptr %to, ptr %from, i64 %size)
  ret ptr %to
}

define hidden ptr @memmove(ptr %to, ptr %from, i64 %size) #0 {
  ; Forward, unless the target begins inside of the source.
  %t = ptrtoint ptr %to to i64
  %f = ptrtoint ptr %from to i64
  %distance = sub i64 %t, %f
  %inside = icmp ult i64 %distance, %size
  br i1 %inside, label %down, label %up
up:
  call fastcc void @forward(ptr %to, ptr %from, i64 %size)
  ret ptr %to
down:
  call fastcc void @backward(ptr %to, ptr %from, i64 %size)
  ret ptr %to
}

define internal fastcc void @forward(ptr %to, ptr %from, i64 %size) #0 {
  %large = icmp uge i64 %size, 64
  br i1 %large, label %blocks, label %small
blocks:
  %last = sub i64 %size, 64
  %last.from = getelementptr i8, ptr %from, i64 %last
  %last.to = getelementptr i8, ptr %to, i64 %last
  %last.value = load <64 x i8>, ptr %last.from, align 1
  br label %block.test
block.test:
  %i = phi i64 [ 0, %blocks ], [ %i.next, %block ]
  %more = icmp ult i64 %i, %last
  br i1 %more, label %block, label %end
block:
  %block.from = getelementptr i8, ptr %from, i64 %i
  %block.to = getelementptr i8, ptr %to, i64 %i
  %block.value = load <64 x i8>, ptr %block.from, align 1
  store <64 x i8> %block.value, ptr %block.to, align 1
  %i.next = add nuw i64 %i, 64
  br label %block.test
end:
  store <64 x i8> %last.value, ptr %last.to, align 1
  ret void
small:
  %words = and i64 %size, 56
  br label %word.test
word.test:
  %w = phi i64 [ 0, %small ], [ %w.next, %word ]
  %more.words = icmp ult i64 %w, %words
  br i1 %more.words, label %word, label %byte.test
word:
  %word.from = getelementptr i8, ptr %from, i64 %w
  %word.to = getelementptr i8, ptr %to, i64 %w
  %word.value = load i64, ptr %word.from, align 1
  store i64 %word.value, ptr %word.to, align 1
  %w.next = add nuw i64 %w, 8
  br label %word.test, !llvm.loop !0
byte.test:
  %b = phi i64 [ %words, %word.test ], [ %b.next, %byte ]
  %more.bytes = icmp ult i64 %b, %size
  br i1 %more.bytes, label %byte, label %done
byte:
  %byte.from = getelementptr i8, ptr %from, i64 %b
  %byte.to = getelementptr i8, ptr %to, i64 %b
  %byte.value = load i8, ptr %byte.from
  store i8 %byte.value, ptr %byte.to
  %b.next = add nuw i64 %b, 1
  br label %byte.test, !llvm.loop !0
done:
  ret void
}

define internal fastcc void @backward(ptr %to, ptr %from, i64 %size) #0 {
  %large = icmp uge i64 %size, 64
  br i1 %large, label %blocks, label %small
blocks:
  %first.value = load <64 x i8>, ptr %from, align 1
  br label %block.test
block.test:
  %left = phi i64 [ %size, %blocks ], [ %i, %block ]
  %more = icmp ugt i64 %left, 64
  br i1 %more, label %block, label %end
block:
  %i = sub nuw i64 %left, 64
  %block.from = getelementptr i8, ptr %from, i64 %i
  %block.to = getelementptr i8, ptr %to, i64 %i
  %block.value = load <64 x i8>, ptr %block.from, align 1
  store <64 x i8> %block.value, ptr %block.to, align 1
  br label %block.test
end:
  store <64 x i8> %first.value, ptr %to, align 1
  ret void
small:
  br label %word.test
word.test:
  %words = phi i64 [ %size, %small ], [ %w, %word ]
  %more.words = icmp uge i64 %words, 8
  br i1 %more.words, label %word, label %byte.test
word:
  %w = sub nuw i64 %words, 8
  %word.from = getelementptr i8, ptr %from, i64 %w
  %word.to = getelementptr i8, ptr %to, i64 %w
  %word.value = load i64, ptr %word.from, align 1
  store i64 %word.value, ptr %word.to, align 1
  br label %word.test, !llvm.loop !0
byte.test:
  %bytes = phi i64 [ %words, %word.test ], [ %b, %byte ]
  %more.bytes = icmp ne i64 %bytes, 0
  br i1 %more.bytes, label %byte, label %done
byte:
  %b = sub nuw i64 %bytes, 1
  %byte.from = getelementptr i8, ptr %from, i64 %b
  %byte.to = getelementptr i8, ptr %to, i64 %b
  %byte.value = load i8, ptr %byte.from
  store i8 %byte.value, ptr %byte.to
  br label %byte.test, !llvm.loop !0
done:
  ret void
}

define hidden ptr @memset(ptr %to, i32 %value, i64 %size) #0 {
  %byte = trunc i32 %value to i8
  %one = insertelement <64 x i8> poison, i8 %byte, i64 0
  %all = shufflevector <64 x i8> %one, <64 x i8> poison, <64 x i32> zeroinitializer
  %large = icmp uge i64 %size, 64
  br i1 %large, label %blocks, label %small
blocks:
  %last = sub i64 %size, 64
  br label %block.test
block.test:
  %i = phi i64 [ 0, %blocks ], [ %i.next, %block ]
  %more = icmp ult i64 %i, %last
  br i1 %more, label %block, label %end
block:
  %block.to = getelementptr i8, ptr %to, i64 %i
  store <64 x i8> %all, ptr %block.to, align 1
  %i.next = add nuw i64 %i, 64
  br label %block.test
end:
  %last.to = getelementptr i8, ptr %to, i64 %last
  store <64 x i8> %all, ptr %last.to, align 1
  ret ptr %to
small:
  %b = phi i64 [ 0, %0 ], [ %b.next, %store ]
  %more.bytes = icmp ult i64 %b, %size
  br i1 %more.bytes, label %store, label %done
store:
  %byte.to = getelementptr i8, ptr %to, i64 %b
  store i8 %byte, ptr %byte.to
  %b.next = add nuw i64 %b, 1
  br label %small, !llvm.loop !0
done:
  ret ptr %to
}

; The loops over small sizes are left as they are.
!0 = distinct !{!0, !1, !2}
!1 = !{!"llvm.loop.vectorize.enable", i1 false}
!2 = !{!"llvm.loop.unroll.disable"}

attributes #0 = { nounwind "no-builtins" }
