; How the cores that run one program share its loops; see lowering/cpu/Team.h.
;
; The state of a team, 24 words of 64 bits in three lines of the cache:
;   0  the loop that is offered: its number << 32 | how many chunks are left,
;      or -1 when all is done
;   1  the function to be called for each chunk, of 2 and the chunk's number
;   2  what it is given
;   3  how many chunks there are
;   8  how many of them are done
;  16  whether somebody leads
; Words 1 to 3 are written while no chunk is left, so what was read of them is
; right if word 0 is the same afterwards, which taking a chunk checks.

define hidden void @xform_team_open(ptr %team) #0 {
  %done = getelementptr i64, ptr %team, i64 8
  %leads = getelementptr i64, ptr %team, i64 16
  store atomic i64 0, ptr %team monotonic, align 8
  store atomic i64 0, ptr %done monotonic, align 8
  store atomic i64 0, ptr %leads release, align 8
  ret void
}

; Whether the caller is the first.
define hidden i1 @xform_team_lead(ptr %team) #0 {
  %leads = getelementptr i64, ptr %team, i64 16
  %before = atomicrmw xchg ptr %leads, i64 1 acq_rel
  %first = icmp eq i64 %before, 0
  ret i1 %first
}

define hidden void @xform_team_close(ptr %team) #0 {
  store atomic i64 -1, ptr %team release, align 8
  ret void
}

; Takes chunks until none is left.
define internal fastcc void @work(ptr %team) #0 {
  %function.at = getelementptr i64, ptr %team, i64 1
  %given.at = getelementptr i64, ptr %team, i64 2
  %count.at = getelementptr i64, ptr %team, i64 3
  %done = getelementptr i64, ptr %team, i64 8
  br label %look
look:
  %offer = load atomic i64, ptr %team acquire, align 8
  %left = and i64 %offer, 4294967295
  %none = icmp eq i64 %left, 0
  %closed = icmp eq i64 %offer, -1
  %stop = or i1 %none, %closed
  br i1 %stop, label %end, label %take
take:
  %function.word = load atomic i64, ptr %function.at monotonic, align 8
  %given.word = load atomic i64, ptr %given.at monotonic, align 8
  %count = load atomic i64, ptr %count.at monotonic, align 8
  %fewer = sub i64 %offer, 1
  %taken = cmpxchg ptr %team, i64 %offer, i64 %fewer acq_rel acquire
  %is.mine = extractvalue { i64, i1 } %taken, 1
  br i1 %is.mine, label %do, label %look
do:
  %function = inttoptr i64 %function.word to ptr
  %given = inttoptr i64 %given.word to ptr
  %chunk = sub i64 %count, %left
  call void %function(ptr %given, i64 %chunk)
  %before = atomicrmw add ptr %done, i64 1 release
  br label %look
end:
  ret void
}

; Offers a loop, takes part in it, and waits until all chunks are done.
define hidden void @xform_team_run(ptr %team, ptr %function, ptr %given, i64 %count) #0 {
  %function.at = getelementptr i64, ptr %team, i64 1
  %given.at = getelementptr i64, ptr %team, i64 2
  %count.at = getelementptr i64, ptr %team, i64 3
  %done = getelementptr i64, ptr %team, i64 8
  %function.word = ptrtoint ptr %function to i64
  %given.word = ptrtoint ptr %given to i64
  store atomic i64 %function.word, ptr %function.at monotonic, align 8
  store atomic i64 %given.word, ptr %given.at monotonic, align 8
  store atomic i64 %count, ptr %count.at monotonic, align 8
  %last = load atomic i64, ptr %team monotonic, align 8
  %last.number = lshr i64 %last, 32
  %next = add i64 %last.number, 1
  ; -1 is what closes a team.
  %number = and i64 %next, 2147483647
  %shifted = shl i64 %number, 32
  %offer = or i64 %shifted, %count
  store atomic i64 %offer, ptr %team release, align 8
  call fastcc void @work(ptr %team)
  br label %wait
wait:
  %finished = load atomic i64, ptr %done acquire, align 8
  %all = icmp eq i64 %finished, %count
  br i1 %all, label %end, label %again
again:
  call void PAUSE
  br label %wait
end:
  store atomic i64 0, ptr %done monotonic, align 8
  ret void
}

; Takes chunks of all loops that are offered until the leader is done, or offers
; none for so long that the core is better used by others.
define hidden void @xform_team_help(ptr %team) #0 {
  br label %look
look:
  %idle = phi i64 [ 0, %0 ], [ 0, %some ], [ %longer, %pause ]
  %offer = load atomic i64, ptr %team acquire, align 8
  %closed = icmp eq i64 %offer, -1
  br i1 %closed, label %end, label %open
open:
  %left = and i64 %offer, 4294967295
  %none = icmp eq i64 %left, 0
  br i1 %none, label %pause, label %some
some:
  call fastcc void @work(ptr %team)
  br label %look
pause:
  call void PAUSE
  %longer = add i64 %idle, 1
  %enough = icmp eq i64 %longer, 65536
  br i1 %enough, label %end, label %look
end:
  ret void
}

attributes #0 = { nounwind "no-builtins" }
