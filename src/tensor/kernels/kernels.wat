;; Casts and statistics of many numbers at a time: what JavaScript does one by one.
;;
;; Every function works on whole groups of 8 (the casts) or 4 numbers (the statistics); the caller
;; does what is left over. All constants come from memory or locals: V8 makes a v128.const anew in
;; every turn of a loop, which costs it two thirds of the speed.
;;
;; The casts give 1 if any number needs care: NaN, infinity, what becomes infinite or 0. The caller
;; then does the block the careful way, which also counts such numbers.
(module
  (memory (export "memory") 12)

  ;; f32 -> bf16, round to nearest even: add 0x8000, one less if the last bit that stays is 0, and
  ;; keep the upper half. Care: magnitudes above 0x7f7f7fff, which round to infinity or are it or NaN,
  ;; and those from 1 to 0x8000, which round to 0. Their range is looked at as that of magnitude - 1:
  ;; for a 0 that is the largest number there is, or the least with a sign.
  (func (export "f32_bf16") (param $from i32) (param $to i32) (param $count i32) (result i32)
    (local $end i32)
    (local $a v128) (local $b v128) (local $m v128) (local $most v128) (local $least v128)
    (local $abs v128) (local $one v128) (local $half v128) (local $last v128) (local $zero v128)
    (local.set $abs (i32x4.splat (i32.const 0x7fffffff)))
    (local.set $one (i32x4.splat (i32.const 1)))
    (local.set $half (i32x4.splat (i32.const 0x8000)))
    (local.set $last (i32x4.splat (i32.const 0x10000)))
    (local.set $least (i32x4.splat (i32.const -1)))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $a (v128.load (local.get $from)))
        (local.set $b (v128.load offset=16 (local.get $from)))
        (local.set $m (i32x4.sub (v128.and (local.get $a) (local.get $abs)) (local.get $one)))
        (local.set $most (i32x4.max_s (local.get $most) (local.get $m)))
        (local.set $least (i32x4.min_u (local.get $least) (local.get $m)))
        (local.set $m (i32x4.sub (v128.and (local.get $b) (local.get $abs)) (local.get $one)))
        (local.set $most (i32x4.max_s (local.get $most) (local.get $m)))
        (local.set $least (i32x4.min_u (local.get $least) (local.get $m)))
        (local.set $a (i32x4.add (i32x4.add (local.get $a) (local.get $half))
          (i32x4.eq (v128.and (local.get $a) (local.get $last)) (local.get $zero))))
        (local.set $b (i32x4.add (i32x4.add (local.get $b) (local.get $half))
          (i32x4.eq (v128.and (local.get $b) (local.get $last)) (local.get $zero))))
        (v128.store (local.get $to)
          (i8x16.shuffle 2 3 6 7 10 11 14 15 18 19 22 23 26 27 30 31 (local.get $a) (local.get $b)))
        (local.set $from (i32.add (local.get $from) (i32.const 32)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next)))
    (v128.any_true (v128.or
      (i32x4.gt_s (local.get $most) (i32x4.splat (i32.const 0x7f7f7ffe)))
      (i32x4.lt_u (local.get $least) (i32x4.splat (i32.const 0x8000))))))

  ;; f32 -> f16, round to nearest even. A power of two that is 2^13 times the number's own, and at
  ;; least 2^-1, is added: the sum has the last place that the f16 has, so the adder rounds, and the
  ;; sum's bits less the power's are the f16's mantissa with its implied bit. That bit is the first of
  ;; the exponent, to which the rest of it is added, times 2^-13. Care: magnitudes from 0x477ff000 on,
  ;; which round to infinity, and those from 1 to 0x33000000, which round to 0.
  ;;
  ;; Shifts by 13 and 16 are multiplications of the upper half, by 8 and by -1: JSC does them faster.
  (func (export "f32_f16") (param $from i32) (param $to i32) (param $count i32) (result i32)
    (local $end i32)
    (local $a v128) (local $b v128) (local $m v128) (local $most v128) (local $least v128)
    (local $e v128) (local $grid v128)
    (local $abs v128) (local $one v128) (local $exponent v128) (local $normal v128)
    (local $thirteen v128) (local $by8 v128) (local $negate v128)
    (local.set $abs (i32x4.splat (i32.const 0x7fffffff)))
    (local.set $one (i32x4.splat (i32.const 1)))
    (local.set $exponent (i32x4.splat (i32.const 0x7f800000)))
    (local.set $normal (i32x4.splat (i32.const 0x38800000)))
    (local.set $thirteen (i32x4.splat (i32.const 0x06800000)))
    (local.set $by8 (i32x4.splat (i32.const 0x00080000)))
    (local.set $negate (i32x4.splat (i32.const 0xffff0000)))
    (local.set $least (i32x4.splat (i32.const -1)))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $a (v128.load (local.get $from)))
        (local.set $b (v128.load offset=16 (local.get $from)))
        (local.set $m (v128.and (local.get $a) (local.get $abs)))
        (local.set $e (i32x4.max_s (v128.and (local.get $a) (local.get $exponent))
          (local.get $normal)))
        (local.set $grid (i32x4.add (local.get $e) (local.get $thirteen)))
        (local.set $a (v128.or
          (i32x4.add
            (i32x4.sub (f32x4.add (local.get $m) (local.get $grid)) (local.get $grid))
            (i32x4.dot_i16x8_s (i32x4.sub (local.get $e) (local.get $normal)) (local.get $by8)))
          (i32x4.dot_i16x8_s (v128.xor (local.get $a) (local.get $m)) (local.get $negate))))
        (local.set $m (i32x4.sub (local.get $m) (local.get $one)))
        (local.set $most (i32x4.max_s (local.get $most) (local.get $m)))
        (local.set $least (i32x4.min_u (local.get $least) (local.get $m)))
        (local.set $m (v128.and (local.get $b) (local.get $abs)))
        (local.set $e (i32x4.max_s (v128.and (local.get $b) (local.get $exponent))
          (local.get $normal)))
        (local.set $grid (i32x4.add (local.get $e) (local.get $thirteen)))
        (local.set $b (v128.or
          (i32x4.add
            (i32x4.sub (f32x4.add (local.get $m) (local.get $grid)) (local.get $grid))
            (i32x4.dot_i16x8_s (i32x4.sub (local.get $e) (local.get $normal)) (local.get $by8)))
          (i32x4.dot_i16x8_s (v128.xor (local.get $b) (local.get $m)) (local.get $negate))))
        (local.set $m (i32x4.sub (local.get $m) (local.get $one)))
        (local.set $most (i32x4.max_s (local.get $most) (local.get $m)))
        (local.set $least (i32x4.min_u (local.get $least) (local.get $m)))
        (v128.store (local.get $to) (i16x8.narrow_i32x4_u (local.get $a) (local.get $b)))
        (local.set $from (i32.add (local.get $from) (i32.const 32)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next)))
    (v128.any_true (v128.or
      (i32x4.gt_s (local.get $most) (i32x4.splat (i32.const 0x477feffe)))
      (i32x4.lt_u (local.get $least) (i32x4.splat (i32.const 0x33000000))))))

  ;; bf16 -> f32: the upper half, of whatever number.
  (func (export "bf16_f32") (param $from i32) (param $to i32) (param $count i32) (result i32)
    (local $end i32) (local $a v128)
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $a (v128.load (local.get $from)))
        (v128.store (local.get $to)
          (i32x4.shl (i32x4.extend_low_i16x8_u (local.get $a)) (i32.const 16)))
        (v128.store offset=16 (local.get $to)
          (i32x4.shl (i32x4.extend_high_i16x8_u (local.get $a)) (i32.const 16)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 32)))
        (br $next)))
    (i32.const 0))

  ;; f16 -> f32: sign and magnitude moved to their places, times 2^112. Care: infinity and NaN.
  (func (export "f16_f32") (param $from i32) (param $to i32) (param $count i32) (result i32)
    (local $end i32) (local $a v128) (local $most v128) (local $zero v128)
    (local $abs v128) (local $places v128) (local $scale v128)
    (local.set $abs (i16x8.splat (i32.const 0x7fff)))
    (local.set $places (i32x4.splat (i32.const 0x8fffe000)))
    (local.set $scale (i32x4.splat (i32.const 0x77800000)))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $a (v128.load (local.get $from)))
        (local.set $most
          (i16x8.max_s (local.get $most) (v128.and (local.get $a) (local.get $abs))))
        (v128.store (local.get $to) (f32x4.mul (local.get $scale) (v128.and (local.get $places)
          (i32x4.shr_s (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23
            (local.get $zero) (local.get $a)) (i32.const 3)))))
        (v128.store offset=16 (local.get $to) (f32x4.mul (local.get $scale)
          (v128.and (local.get $places)
          (i32x4.shr_s (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31
            (local.get $zero) (local.get $a)) (i32.const 3)))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 32)))
        (br $next)))
    (v128.any_true (i16x8.gt_s (local.get $most) (i16x8.splat (i32.const 0x7bff)))))

  ;; Of f32: at $to two doubles, the sum of the distances from $about and that of their squares;
  ;; then 4 least and 4 greatest numbers, and 4 counts of zeros. Gives 1 if any isn't finite, and
  ;; then the sums mean nothing.
  (func (export "f32_stats") (param $from i32) (param $to i32) (param $count i32) (param $about f64)
    (result i32)
    (local $end i32)
    (local $a v128) (local $d v128) (local $e v128)
    (local $sum v128) (local $sum2 v128) (local $squares v128) (local $squares2 v128)
    (local $least v128) (local $most v128) (local $zeros v128) (local $care v128)
    (local $mean v128) (local $zero v128)
    (local.set $mean (f64x2.splat (local.get $about)))
    (local.set $least (v128.load (local.get $from)))
    (local.set $most (local.get $least))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $a (v128.load (local.get $from)))
        (local.set $least (f32x4.pmin (local.get $least) (local.get $a)))
        (local.set $most (f32x4.pmax (local.get $most) (local.get $a)))
        (local.set $zeros (i32x4.sub (local.get $zeros) (f32x4.eq (local.get $a) (local.get $zero))))
        ;; A number minus itself is 0, but for NaN and the infinities.
        (local.set $care (v128.or (local.get $care) (f32x4.sub (local.get $a) (local.get $a))))
        (local.set $d (f64x2.sub (f64x2.promote_low_f32x4 (local.get $a)) (local.get $mean)))
        (local.set $e (f64x2.sub (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $a) (local.get $a)))
          (local.get $mean)))
        (local.set $sum (f64x2.add (local.get $sum) (local.get $d)))
        (local.set $sum2 (f64x2.add (local.get $sum2) (local.get $e)))
        (local.set $squares
          (f64x2.add (local.get $squares) (f64x2.mul (local.get $d) (local.get $d))))
        (local.set $squares2
          (f64x2.add (local.get $squares2) (f64x2.mul (local.get $e) (local.get $e))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $next)))
    (local.set $sum (f64x2.add (local.get $sum) (local.get $sum2)))
    (local.set $squares (f64x2.add (local.get $squares) (local.get $squares2)))
    (f64.store (local.get $to) (f64.add (f64x2.extract_lane 0 (local.get $sum))
      (f64x2.extract_lane 1 (local.get $sum))))
    (f64.store offset=8 (local.get $to) (f64.add (f64x2.extract_lane 0 (local.get $squares))
      (f64x2.extract_lane 1 (local.get $squares))))
    (v128.store offset=16 (local.get $to) (local.get $least))
    (v128.store offset=32 (local.get $to) (local.get $most))
    (v128.store offset=48 (local.get $to) (local.get $zeros))
    (v128.any_true (local.get $care)))
)
