/**
 * Where a pickle's bytes gather: a growing buffer, large payloads beside it without a copy, and
 * the frames of protocol 4.
 *
 * @module
 */

import { Op } from "./opcodes.ts";
import type { ByteSpan } from "./values.ts";

/** A piece of a pickle: bytes, or the place in the stream it came from where the bytes still lie. */
export type PickleChunk = Uint8Array<ArrayBuffer> | ByteSpan;

/** CPython closes a frame of this size, and leaves payloads of this size outside frames. */
export const FRAME_TARGET: number = 64 * 1024;
/** CPython writes shorter frames without their header. */
const FRAME_MIN = 4;
/** FRAME and its length. */
const FRAME_HEADER = 9;
/** Full buffers are set aside: copying into ever larger ones would need memory twice. */
const CHUNK = 1024 * 1024;

const NEWLINE = 0x0a;

/** The bytes written so far. */
export class PickleOutput {
  /** What is complete. */
  readonly chunks: PickleChunk[] = [];
  private buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  private view: DataView = new DataView(this.buffer.buffer);
  private used = 0;
  /** Size of the last buffer made; the next is twice as large, up to two chunks. */
  private capacity = 512;
  private framing = false;
  /** Where the open frame's header stands in the buffer, or -1. */
  private frame = -1;

  /** From here on, what is written goes into frames. */
  startFraming(): void {
    this.framing = true;
  }

  /** To be called before each value, where CPython looks whether the frame is full. */
  boundary(): void {
    if (this.frame >= 0 && this.used - this.frame - FRAME_HEADER >= FRAME_TARGET) this.closeFrame();
    if (this.used >= CHUNK && this.frame < 0) this.flush();
  }

  /** An opcode without an argument. */
  op(opcode: number): void {
    const at = this.room(1);
    this.buffer[at] = opcode;
  }

  /** An opcode and an argument of one byte. */
  op1(opcode: number, argument: number): void {
    const at = this.room(2);
    this.buffer[at] = opcode;
    this.buffer[at + 1] = argument;
  }

  /** An opcode and an argument of two bytes. */
  op2(opcode: number, argument: number): void {
    const at = this.room(3);
    this.buffer[at] = opcode;
    this.view.setUint16(at + 1, argument, true);
  }

  /** An opcode and an argument of four bytes, signed or not. */
  op4(opcode: number, argument: number): void {
    const at = this.room(5);
    this.buffer[at] = opcode;
    this.view.setInt32(at + 1, argument, true);
  }

  /** An opcode and an argument of eight bytes. */
  op8(opcode: number, argument: number): void {
    const at = this.room(9);
    this.buffer[at] = opcode;
    this.view.setBigUint64(at + 1, BigInt(argument), true);
  }

  /** BINFLOAT, whose argument is big-endian. */
  float(value: number): void {
    const at = this.room(9);
    this.buffer[at] = Op.BINFLOAT;
    this.view.setFloat64(at + 1, value);
  }

  /** An opcode and a line. */
  line(opcode: number, text: Uint8Array | string): void {
    this.op(opcode);
    if (typeof text === "string") this.ascii(text);
    else this.bytes(text);
    this.op(NEWLINE);
  }

  /** ASCII text; false and nothing written if a character is beyond it. */
  ascii(text: string): boolean {
    const { length } = text;
    const at = this.room(length);
    const { buffer } = this;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.used = at;
        return false;
      }
      buffer[at + i] = code;
    }
    return true;
  }

  /** Takes back the last `count` bytes. */
  unwrite(count: number): void {
    this.used -= count;
  }

  /** Bytes, by a copy. */
  bytes(bytes: Uint8Array): void {
    const at = this.room(bytes.length);
    this.buffer.set(bytes, at);
  }

  /** Bytes between the opcodes; they stand outside frames. */
  inline(chunk: PickleChunk): void {
    this.closeFrame();
    this.flush();
    this.chunks.push(chunk);
  }

  /**
   * An opcode with its length (written by `header`) and a payload: a large one goes outside frames
   * and is not copied, so it must not change until the pickle is out.
   */
  payload(header: () => void, payload: PickleChunk): void {
    if (payload instanceof Uint8Array && payload.length < FRAME_TARGET) {
      header();
      this.bytes(payload);
      return;
    }
    this.closeFrame();
    const { framing } = this;
    this.framing = false;
    header();
    this.flush();
    this.chunks.push(payload);
    this.framing = framing;
  }

  /** Completes the last frame and chunk. */
  finish(): PickleChunk[] {
    this.closeFrame();
    this.flush();
    return this.chunks;
  }

  private closeFrame(): void {
    const start = this.frame;
    if (start < 0) return;
    const length = this.used - start - FRAME_HEADER;
    if (length >= FRAME_MIN) {
      this.buffer[start] = Op.FRAME;
      this.view.setBigUint64(start + 1, BigInt(length), true);
    } else {
      this.buffer.copyWithin(start, start + FRAME_HEADER, this.used);
      this.used -= FRAME_HEADER;
    }
    this.frame = -1;
  }

  private flush(): void {
    if (this.used === 0) return;
    this.chunks.push(this.buffer.subarray(0, this.used));
    // The rest goes on serving: beside large payloads little is written between two flushes.
    this.use(this.buffer.subarray(this.used));
    this.used = 0;
  }

  /** Makes room and says where it begins; opens a frame where one is due. */
  private room(count: number): number {
    if (this.framing && this.frame < 0) {
      this.grow(FRAME_HEADER + count);
      this.frame = this.used;
      this.used += FRAME_HEADER;
    } else if (this.used + count > this.buffer.length) this.grow(count);
    const at = this.used;
    this.used += count;
    return at;
  }

  private grow(count: number): void {
    const needed = this.used + count;
    if (needed <= this.buffer.length) return;
    this.capacity = Math.min(2 * this.capacity, 2 * CHUNK);
    const larger = new Uint8Array(Math.max(needed, this.capacity));
    larger.set(this.buffer.subarray(0, this.used));
    this.use(larger);
  }

  private use(buffer: Uint8Array<ArrayBuffer>): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  }
}
