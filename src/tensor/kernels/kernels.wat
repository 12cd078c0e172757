;; Casts and statistics of many numbers at a time: what JavaScript does one by one.
;;
;; Every function works on whole groups of 8 (the casts) or 4 numbers (the statistics); the caller
;; does what is left over. All constants come from memory or locals: V8 makes a v128.const anew in
;; every turn of a loop, which costs it two thirds of the speed.
;;
;; The casts give 1 as soon as a group holds a number that needs care: NaN, what becomes infinite
;; or 0. The caller then does the block the careful way, which also counts such numbers.
(module
  (memory (export "memory") 12)

  ;; f32 -> bf16, round to nearest even: add 0x7fff and the last bit that stays, drop 16 bits.
  ;; Care: magnitudes above 0x7f7f7fff, which round to infinity or are it or NaN, and those from 1
  ;; to 0x8000, which round to 0.
  (func (export "f32_bf16") (param $from i32) (param $to i32) (param $count i32) (result i32)
    (local $end i32)
    (local $a v128) (local $b v128) (local $care v128)
    (local $abs v128) (local $half v128) (local $one v128) (local $high v128) (local $low v128)
    (local $m v128)
    (local.set $abs (i32x4.splat (i32.const 0x7fffffff)))
    (local.set $half (i32x4.splat (i32.const 0x7fff)))
    (local.set $one (i32x4.splat (i32.const 1)))
    (local.set $high (i32x4.splat (i32.const 0x7f7f7fff)))
    (local.set $low (i32x4.splat (i32.const 0x8000)))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $a (v128.load (local.get $from)))
        (local.set $b (v128.load offset=16 (local.get $from)))
        (local.set $m (v128.and (local.get $a) (local.get $abs)))
        (local.set $care (v128.or (local.get $care) (v128.or
          (i32x4.gt_s (local.get $m) (local.get $high))
          (i32x4.lt_u (i32x4.sub (local.get $m) (local.get $one)) (local.get $low)))))
        (local.set $m (v128.and (local.get $b) (local.get $abs)))
        (local.set $care (v128.or (local.get $care) (v128.or
          (i32x4.gt_s (local.get $m) (local.get $high))
          (i32x4.lt_u (i32x4.sub (local.get $m) (local.get $one)) (local.get $low)))))
        (local.set $a (i32x4.shr_u (i32x4.add (i32x4.add (local.get $a) (local.get $half))
          (v128.and (i32x4.shr_u (local.get $a) (i32.const 16)) (local.get $one))) (i32.const 16)))
        (local.set $b (i32x4.shr_u (i32x4.add (i32x4.add (local.get $b) (local.get $half))
          (v128.and (i32x4.shr_u (local.get $b) (i32.const 16)) (local.get $one))) (i32.const 16)))
        (v128.store (local.get $to) (i16x8.narrow_i32x4_u (local.get $a) (local.get $b)))
        (local.set $from (i32.add (local.get $from) (i32.const 32)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next)))
    (v128.any_true (local.get $care)))

  ;; f32 -> f16, round to nearest even. From 2^-14 on: rebias, add 0xfff and the last bit that
  ;; stays, drop 13 bits. Below: adding 1/2 as a float lets the adder round to multiples of 2^-24.
  ;; Care: magnitudes from 0x477ff000 on, which round to infinity, and those from 1 to 0x33000000,
  ;; which round to 0.
  (func $halves (param $a v128) (param $abs v128) (param $bias v128) (param $one v128)
    (param $least v128) (param $magic v128) (result v128)
    (local $m v128) (local $normal v128) (local $small v128)
    (local.set $m (v128.and (local.get $a) (local.get $abs)))
    (local.set $normal (i32x4.shr_u (i32x4.add (i32x4.add (local.get $m) (local.get $bias))
      (v128.and (i32x4.shr_u (local.get $m) (i32.const 13)) (local.get $one))) (i32.const 13)))
    (local.set $small (i32x4.sub (f32x4.add (local.get $m) (local.get $magic)) (local.get $magic)))
    (v128.or
      (v128.bitselect (local.get $small) (local.get $normal)
        (i32x4.lt_s (local.get $m) (local.get $least)))
      (i32x4.shl (i32x4.shr_u (local.get $a) (i32.const 31)) (i32.const 15))))

  (func (export "f32_f16") (param $from i32) (param $to i32) (param $count i32) (result i32)
    (local $end i32)
    (local $a v128) (local $b v128) (local $care v128) (local $m v128)
    (local $abs v128) (local $bias v128) (local $one v128) (local $least v128) (local $magic v128)
    (local $high v128) (local $low v128)
    (local.set $abs (i32x4.splat (i32.const 0x7fffffff)))
    (local.set $bias (i32x4.splat (i32.const 0xc8000fff)))
    (local.set $one (i32x4.splat (i32.const 1)))
    (local.set $least (i32x4.splat (i32.const 0x38800000)))
    (local.set $magic (i32x4.splat (i32.const 0x3f000000)))
    (local.set $high (i32x4.splat (i32.const 0x477fefff)))
    (local.set $low (i32x4.splat (i32.const 0x33000000)))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $a (v128.load (local.get $from)))
        (local.set $b (v128.load offset=16 (local.get $from)))
        (local.set $m (v128.and (local.get $a) (local.get $abs)))
        (local.set $care (v128.or (local.get $care) (v128.or
          (i32x4.gt_s (local.get $m) (local.get $high))
          (i32x4.lt_u (i32x4.sub (local.get $m) (local.get $one)) (local.get $low)))))
        (local.set $m (v128.and (local.get $b) (local.get $abs)))
        (local.set $care (v128.or (local.get $care) (v128.or
          (i32x4.gt_s (local.get $m) (local.get $high))
          (i32x4.lt_u (i32x4.sub (local.get $m) (local.get $one)) (local.get $low)))))
        (v128.store (local.get $to) (i16x8.narrow_i32x4_u
          (call $halves (local.get $a) (local.get $abs) (local.get $bias) (local.get $one)
            (local.get $least) (local.get $magic))
          (call $halves (local.get $b) (local.get $abs) (local.get $bias) (local.get $one)
            (local.get $least) (local.get $magic))))
        (local.set $from (i32.add (local.get $from) (i32.const 32)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br $next)))
    (v128.any_true (local.get $care)))

  ;; bf16 -> f32: the upper half.
  (func (export "bf16_f32") (param $from i32) (param $to i32) (param $count i32)
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
        (br $next))))

  ;; f16 -> f32: the bits in place, times 2^112; infinity and NaN get the largest exponent, and NaN is
  ;; made a quiet one, as F16C does.
  (func $wide (param $h v128) (param $abs v128) (param $scale v128) (param $finite v128)
    (param $infinity v128) (param $exponent v128) (param $quiet v128) (result v128)
    (local $m v128)
    (local.set $m (v128.and (local.get $h) (local.get $abs)))
    (v128.or
      (v128.or
        (f32x4.mul (i32x4.shl (local.get $m) (i32.const 13)) (local.get $scale))
        (v128.or
          (v128.and (i32x4.gt_s (local.get $m) (local.get $finite)) (local.get $exponent))
          (v128.and (i32x4.gt_s (local.get $m) (local.get $infinity)) (local.get $quiet))))
      (i32x4.shl (v128.andnot (local.get $h) (local.get $abs)) (i32.const 16))))

  (func (export "f16_f32") (param $from i32) (param $to i32) (param $count i32)
    (local $end i32) (local $a v128)
    (local $abs v128) (local $scale v128) (local $finite v128) (local $infinity v128)
    (local $exponent v128) (local $quiet v128)
    (local.set $abs (i32x4.splat (i32.const 0x7fff)))
    (local.set $scale (i32x4.splat (i32.const 0x77800000)))
    (local.set $finite (i32x4.splat (i32.const 0x7bff)))
    (local.set $infinity (i32x4.splat (i32.const 0x7c00)))
    (local.set $quiet (i32x4.splat (i32.const 0x400000)))
    (local.set $exponent (i32x4.splat (i32.const 0x7f800000)))
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $a (v128.load (local.get $from)))
        (v128.store (local.get $to) (call $wide (i32x4.extend_low_i16x8_u (local.get $a))
          (local.get $abs) (local.get $scale) (local.get $finite) (local.get $infinity)
          (local.get $exponent) (local.get $quiet)))
        (v128.store offset=16 (local.get $to) (call $wide
          (i32x4.extend_high_i16x8_u (local.get $a))
          (local.get $abs) (local.get $scale) (local.get $finite) (local.get $infinity)
          (local.get $exponent) (local.get $quiet)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 32)))
        (br $next))))

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
