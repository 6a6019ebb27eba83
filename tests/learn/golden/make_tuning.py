"""Writes the folder tuning/: a tiny Llama, adapters of PEFT for it, and what PEFT says with each: logits, loss and first gradients.

    python make_tuning.py tuning        needs torch, transformers, peft, safetensors
"""
import os
import shutil
import sys

import torch
from peft import LoraConfig, PrefixTuningConfig, PromptEncoderConfig, PromptTuningConfig, TaskType, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

ROWS, LENGTH, VIRTUAL = 3, 7, 4
out = sys.argv[1]
shutil.rmtree(out, ignore_errors=True)
torch.manual_seed(5)
config = LlamaConfig(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, vocab_size=40,
                     max_position_embeddings=64, tie_word_embeddings=True, bos_token_id=0, eos_token_id=1, pad_token_id=None)
ids = torch.randint(0, 40, (ROWS, LENGTH))
labels = torch.full_like(ids, -100)
labels[:, -2:] = ids[:, -2:]


def base():
    torch.manual_seed(6)
    model = LlamaForCausalLM(config)
    for name, parameter in model.named_parameters():
        torch.nn.init.normal_(parameter, 1.0 if parameter.dim() == 1 else 0.0, 0.3)
    return model


lm = TaskType.CAUSAL_LM
configs = {
    "prompt": PromptTuningConfig(task_type=lm, num_virtual_tokens=VIRTUAL),
    "p-tuning": PromptEncoderConfig(task_type=lm, num_virtual_tokens=VIRTUAL, encoder_hidden_size=8),
    "p-tuning-lstm": PromptEncoderConfig(task_type=lm, num_virtual_tokens=VIRTUAL, encoder_hidden_size=8, encoder_reparameterization_type="LSTM"),
    "prefix": PrefixTuningConfig(task_type=lm, num_virtual_tokens=VIRTUAL),
    "prefix-mlp": PrefixTuningConfig(task_type=lm, num_virtual_tokens=VIRTUAL, prefix_projection=True, encoder_hidden_size=8),
    "lora": LoraConfig(task_type=lm, r=2, lora_alpha=6, target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]),
    "full": None,
}
base().save_pretrained(os.path.join(out, "base"))
os.remove(os.path.join(out, "base", "generation_config.json"))
tensors = {"ids": ids}
for name, adapter in configs.items():
    torch.manual_seed(9)
    model = get_peft_model(base(), adapter) if adapter else base()
    if name == "lora":
        for parameter_name, parameter in model.named_parameters():
            if "lora_B" in parameter_name:
                torch.nn.init.normal_(parameter, 0.0, 0.3)
    model.eval()  # no dropout anywhere
    loss = model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels).loss
    loss.backward()
    tensors[f"{name}.loss"] = loss.detach()[None]
    for parameter_name, parameter in model.named_parameters():
        if parameter.requires_grad and parameter.grad is not None:
            tensors[f"{name}.value.{parameter_name}"] = parameter.detach().clone()
            tensors[f"{name}.gradient.{parameter_name}"] = parameter.grad.clone()
    if adapter:
        with torch.no_grad():
            logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        tensors[f"{name}.logits"] = logits[:, -LENGTH:].contiguous()
        folder = os.path.join(out, name)
        model.save_pretrained(folder)
        os.remove(os.path.join(folder, "README.md"))
save_file({key: value.contiguous().clone() for key, value in tensors.items()}, os.path.join(out, "expected.safetensors"))
