// The note to the study lead: a field that is there while there is a note, or one is being written.

export class Note {
  constructor({ addNote, noteText }, onChange) {
    Object.assign(this, { addNote, noteText });
    addNote.addEventListener("click", () => this.open());
    noteText.addEventListener("input", () => onChange(noteText.value));
    noteText.addEventListener("blur", () => this.show(noteText.value));
  }

  open() {
    this.noteText.hidden = false;
    this.addNote.hidden = true;
    this.noteText.focus();
  }

  show(text) {
    if (this.noteText.value !== text) this.noteText.value = text;
    this.noteText.hidden = !text && document.activeElement !== this.noteText;
    this.addNote.hidden = !this.noteText.hidden;
  }
}
